import type Docker from 'dockerode';
import { connectDocker, type DockerEngine } from '../../activities/docker/client.js';
import { demultiplex } from '../../activities/docker/logs.js';

/** Where the tests' real engine is, and an image in it that has node; set by `npm test`. */
export const engineUrl = process.env.DOCKER_HOST;
export const image = process.env.NIGHTSHIFT_AGENT_IMAGE;
export const needsEngine =
  'needs a Docker engine and the example agent’s image: DOCKER_HOST and NIGHTSHIFT_AGENT_IMAGE, which npm test sets';

/** Programs for containers, as `node -e` takes them. */
export const programs = {
  /** Ends in order when told to. */
  polite: `process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); console.log('ready');`,
  /** Takes its time to end: 2 s. */
  slow: `process.on('SIGTERM', () => setTimeout(() => process.exit(0), 2000)); setInterval(() => {}, 1000); console.log('ready');`,
  /** Has to be killed. */
  stubborn: `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready');`,
  /** Ends by itself at once, with an error. */
  crashing: `setTimeout(() => process.exit(3), 100);`,
} as const;

export interface RunOptions {
  readonly program?: string;
  readonly command?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stopTimeoutSeconds?: number;
  readonly host?: Docker.HostConfig;
  readonly healthcheck?: Docker.HealthConfig;
}

interface SeenEvent {
  readonly Action: string;
  readonly Actor: { readonly ID: string };
}

/** Containers of one test file on the real engine: labelled, and removed at the end. */
export class TestContainers {
  readonly #events: SeenEvent[] = [];
  #count = 0;

  private constructor(
    readonly engine: DockerEngine,
    readonly image: string,
    readonly label: string,
  ) {}

  /** Follows the engine's events from the beginning: the engine itself keeps only the last few. */
  static async open(url: string, image: string, area: string): Promise<TestContainers> {
    const engine = connectDocker({ name: 'test', url });
    const all = new TestContainers(engine, image, `${area}-${process.pid}`);
    const stream = await engine.docker.getEvents({ filters: { label: [`nightshift.test=${all.label}`] } });
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line.trim() !== '') all.#events.push(JSON.parse(line) as SeenEvent);
    });
    stream.on('error', () => undefined);
    return all;
  }

  get docker(): Docker {
    return this.engine.docker;
  }

  newName(): string {
    this.#count += 1;
    return `nightshift-test-${this.label}-${this.#count}`;
  }

  async run(options: RunOptions = {}, name = this.newName()): Promise<TestContainer> {
    const { program = programs.polite, command = ['node', '-e', program], env = {}, host = {} } = options;
    const container = await this.docker.createContainer({
      name,
      Image: this.image,
      Cmd: [...command],
      Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
      Labels: { 'nightshift.test': this.label },
      HostConfig: host,
      // A binding alone publishes nothing.
      ExposedPorts: Object.fromEntries(Object.keys(host.PortBindings ?? {}).map((port) => [port, {}])),
      StopTimeout: options.stopTimeoutSeconds ?? 3,
      ...(options.healthcheck ? { Healthcheck: options.healthcheck } : {}),
    });
    await container.start();
    const made = new TestContainer(this.docker, this.#events, container.id, name);
    // Before its handlers are there, a signal would be lost on it, and it would be killed instead.
    if (program.includes('ready') && options.command === undefined)
      await until(`${name} is ready`, async () => (await made.output()).includes('ready'));
    return made;
  }

  async removeAll(): Promise<void> {
    const filters = { label: [`nightshift.test=${this.label}`] };
    const all = await this.docker.listContainers({ all: true, filters });
    await Promise.all(all.map(({ Id }) => this.docker.getContainer(Id).remove({ force: true, v: true })));
    this.engine.close();
  }
}

export class TestContainer {
  constructor(
    private readonly docker: Docker,
    private readonly seen: readonly SeenEvent[],
    readonly id: string,
    readonly name: string,
  ) {}

  get handle(): Docker.Container {
    return this.docker.getContainer(this.id);
  }

  async state(): Promise<Docker.ContainerInspectInfo['State']> {
    return (await this.handle.inspect()).State;
  }

  async startedAt(): Promise<string> {
    return (await this.state()).StartedAt;
  }

  /** The engine's own events of this container so far, by name. */
  async events(): Promise<string[]> {
    // The stream is a moment behind the answers.
    await new Promise((resolve) => setTimeout(resolve, 150));
    return this.seen.filter(({ Actor }) => Actor.ID === this.id).map(({ Action }) => Action);
  }

  /** How often it was started, the first time included. */
  async starts(): Promise<number> {
    return (await this.events()).filter((action) => action === 'start').length;
  }

  /** All that it wrote to its log, in all its lives. */
  async output(): Promise<string> {
    return demultiplex(await this.handle.logs({ stdout: true, stderr: true, follow: false }));
  }

  /** The JSON lines that it wrote to its log, in all its lives. */
  async log(): Promise<{ readonly event?: string }[]> {
    const raw = await this.handle.logs({ stdout: true, stderr: false, follow: false });
    return demultiplex(raw)
      .split('\n')
      .flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as { event?: string }] : []));
  }

  async restarts(): Promise<number> {
    return (await this.events()).filter((action) => action === 'restart').length;
  }

  /** As a look has it. */
  async reading(): Promise<{ id: string; startedAt: string; status: string }> {
    const { StartedAt, Status } = await this.state();
    return { id: this.id, startedAt: StartedAt, status: Status };
  }
}

/** Waits until it holds; fails after `withinMs`. */
export async function until(what: string, holds: () => Promise<boolean>, withinMs = 15_000): Promise<void> {
  for (const end = Date.now() + withinMs; !(await holds()); ) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
