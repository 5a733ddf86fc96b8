import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * `dropRequest`: the engine never sees it. `dropAnswer`: the engine does it, and its answer is lost.
 * `dropClient`: the engine has it, and its client is gone at once.
 */
export type ProxyFault = 'dropRequest' | 'dropAnswer' | 'dropClient';

interface Rule {
  readonly request: RegExp;
  readonly fault: ProxyFault;
  left: number;
}

interface Hold {
  readonly request: RegExp;
  readonly work: () => Promise<unknown>;
  done: boolean;
}

/** A way to the real engine that breaks where it is told to. Only connections are cut: nothing is made up. */
export class EngineProxy {
  readonly #rules: Rule[] = [];
  readonly #holds: Hold[] = [];
  readonly #sockets = new Set<Socket>();
  /** First lines of all requests that came by. */
  readonly requests: string[] = [];
  /** Milliseconds that every request waits before the engine gets it. */
  delayMs = 0;

  private constructor(
    private readonly server: Server,
    private readonly folder: string,
    private readonly path: string,
  ) {}

  get url(): string {
    return `unix://${this.path}`;
  }

  /** `engine`: the engine's own address, `unix://…` or `tcp://host:port`. */
  static async open(engine: string): Promise<EngineProxy> {
    const folder = await mkdtemp(join(tmpdir(), 'engine-proxy-'));
    const path = join(folder, 'docker.sock');
    const server = createServer();
    const proxy = new EngineProxy(server, folder, path);
    server.on('connection', (client) => proxy.#serve(client, engine));
    await new Promise<void>((resolve) => server.listen(path, resolve));
    return proxy;
  }

  /** Breaks the next `times` requests whose first line matches. */
  break(request: RegExp, fault: ProxyFault, times = 1): void {
    this.#rules.push({ request, fault, left: times });
  }

  /** Does `work` between the sending of the next such request and its arrival at the engine. */
  before(request: RegExp, work: () => Promise<unknown>): void {
    this.#holds.push({ request, work, done: false });
  }

  /** Nothing answers there any more, and what was open is cut: as when an engine has been stopped. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async comeBack(): Promise<void> {
    await new Promise<void>((resolve) => this.server.listen(this.path, resolve));
  }

  async close(): Promise<void> {
    await this.goAway();
    await rm(this.folder, { recursive: true, force: true });
  }

  #serve(client: Socket, engine: string): void {
    const upstream = connectTo(engine);
    let dropAnswers = false;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
      socket.on('error', () => undefined);
    }
    const take = (chunk: Buffer): void => {
      const fault = this.#faultFor(chunk);
      if (fault === 'dropRequest') {
        client.destroy();
        upstream.destroy();
        return;
      }
      dropAnswers ||= fault === 'dropAnswer';
      upstream.write(chunk, () => {
        if (fault === 'dropClient') cut(client, upstream);
      });
    };
    client.on('data', (chunk: Buffer) => {
      const held = this.#holdFor(chunk);
      if (!held) return take(chunk);
      client.pause();
      const goOn = (): void => {
        take(chunk);
        client.resume();
      };
      // A test's own failure there shows in its test, by what did not happen.
      held.then(goOn, goOn);
    });
    upstream.on('data', (chunk: Buffer) => {
      if (dropAnswers) cut(client, upstream);
      else client.write(chunk);
    });
    upstream.on('close', () => client.destroy());
    client.on('close', () => upstream.destroy());
  }

  #holdFor(chunk: Buffer): Promise<unknown> | undefined {
    const line = firstLine(chunk);
    const hold = line && this.#holds.find(({ request, done }) => !done && request.test(line));
    if (!hold) return this.delayMs > 0 ? sleep(this.delayMs) : undefined;
    hold.done = true;
    return hold.work();
  }

  #faultFor(chunk: Buffer): ProxyFault | undefined {
    const line = firstLine(chunk);
    if (line === undefined) return undefined;
    this.requests.push(line);
    const rule = this.#rules.find(({ request, left }) => left > 0 && request.test(line));
    if (rule) rule.left -= 1;
    return rule?.fault;
  }
}

function firstLine(chunk: Buffer): string | undefined {
  return /^[A-Z]+ \S+ HTTP\/1\.1/.exec(chunk.toString('latin1', 0, 500))?.[0];
}

function cut(client: Socket, upstream: Socket): void {
  client.destroy();
  upstream.destroy();
}

function connectTo(engine: string): Socket {
  const url = new URL(engine);
  return url.protocol === 'unix:' ? connect(url.pathname) : connect(Number(url.port), url.hostname);
}

/** The port of a server that listens. */
export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen on a port');
  return address.port;
}
