import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Agent, request } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { portOf } from './engine-proxy.js';

/** `before`: the request waits outside the API server. `after`: the API server has done it, and its answer waits. */
export type HoldAt = 'before' | 'after';

/** A request that waits in the proxy. */
export interface Held {
  /** Resolves when such a request has come, and waits. */
  readonly waits: Promise<void>;
  /** Since when it waits, ms since 1970; undefined before it has come. */
  since(): number | undefined;
  /** Whoever sent it has gone, or has given up. */
  gone(): boolean;
  /** Cuts off whoever sent it; the request itself still waits. */
  abandon(): void;
  /** Lets it go on, and resolves with the API server's status when that has answered. */
  release(): Promise<number>;
}

interface Trap {
  readonly matches: (line: string) => boolean;
  readonly at: HoldAt;
  readonly came: () => void;
  readonly opened: Promise<void>;
  readonly answered: (status: number) => void;
  client?: IncomingMessage;
  since?: number;
  sprung: boolean;
}

interface Told {
  readonly matches: (line: string) => boolean;
  readonly status: number;
  readonly body: string;
  left: number;
}

interface Cut {
  readonly matches: (line: string) => boolean;
  left: number;
}

/** A way to the real API server that holds requests and answers where it is told to: plain HTTP in front, TLS behind. */
export class ApiProxy {
  readonly #traps: Trap[] = [];
  readonly #told: Told[] = [];
  readonly #cuts: Cut[] = [];
  readonly #agent: Agent;

  private constructor(
    private readonly server: Server,
    private readonly upstream: string,
    config: KubeConfig,
  ) {
    const user = config.getCurrentUser();
    this.#agent = new Agent({
      keepAlive: true,
      ca: pem(config.getCurrentCluster()?.caFile, config.getCurrentCluster()?.caData),
      cert: pem(user?.certFile, user?.certData),
      key: pem(user?.keyFile, user?.keyData),
    });
  }

  get url(): string {
    return `http://127.0.0.1:${portOf(this.server)}`;
  }

  static async open(config: KubeConfig): Promise<ApiProxy> {
    const server = createServer();
    const proxy = new ApiProxy(server, config.getCurrentCluster()?.server ?? '', config);
    server.on('request', (incoming, outgoing) => void proxy.#serve(incoming, outgoing));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  /** Holds the next request whose first line matches: `PATCH /apis/…`. */
  hold(line: RegExp, at: HoldAt): Held {
    let came = (): void => undefined;
    let open = (): void => undefined;
    let answered = (_status: number): void => undefined;
    const waits = new Promise<void>((resolve) => {
      came = resolve;
    });
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const answer = new Promise<number>((resolve) => {
      answered = resolve;
    });
    const trap: Trap = { matches: (text) => line.test(text), at, came, opened, answered, sprung: false };
    this.#traps.push(trap);
    return {
      waits,
      since: () => trap.since,
      gone: () => trap.client?.socket.destroyed === true,
      abandon: () => void trap.client?.socket.destroy(),
      release: () => {
        open();
        return answer;
      },
    };
  }

  /** The next `times` such requests are answered by the proxy itself: for faults that no API server shows at will. */
  answer(line: RegExp, status: number, body: object, times = 1): void {
    const text = JSON.stringify(body);
    this.#told.push({ matches: (first) => line.test(first), status, body: text, left: times });
  }

  /** The answers to the next `times` such requests break off half-way, as by a way that is lost. */
  cutOff(line: RegExp, times = 1): void {
    this.#cuts.push({ matches: (first) => line.test(first), left: times });
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    this.#agent.destroy();
    await closed;
  }

  async #serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const line = `${incoming.method} ${incoming.url}`;
    const body = await read(incoming).catch(() => Buffer.alloc(0));
    const told = this.#told.find(({ matches, left }) => left > 0 && matches(line));
    if (told) {
      told.left -= 1;
      outgoing.writeHead(told.status, { 'content-type': 'application/json' }).end(told.body);
      return;
    }
    const trap = this.#traps.find((one) => !one.sprung && one.matches(line));
    if (trap) {
      trap.sprung = true;
      trap.client = incoming;
    }
    if (trap?.at === 'before') await waitIn(trap);
    const answer = await this.#forward(incoming, body).catch((error: unknown) => ({
      status: 502,
      type: 'text/plain',
      text: Buffer.from(String(error)),
    }));
    if (trap?.at === 'after') await waitIn(trap);
    trap?.answered(answer.status);
    if (outgoing.destroyed) return;
    const cut = this.#cuts.find(({ matches, left }) => left > 0 && matches(line));
    outgoing.writeHead(answer.status, { 'content-type': answer.type });
    if (!cut) return void outgoing.end(answer.text);
    cut.left -= 1;
    outgoing.write(answer.text.subarray(0, answer.text.length / 2), () => outgoing.destroy());
  }

  #forward(incoming: IncomingMessage, body: Buffer): Promise<{ status: number; type: string; text: Buffer }> {
    const { host: _, connection: __, ...headers } = incoming.headers;
    return new Promise((resolve, reject) => {
      const sent = request(
        new URL(this.upstream + (incoming.url ?? '')),
        { method: incoming.method ?? 'GET', headers, agent: this.#agent },
        (response) => {
          const type = String(response.headers['content-type'] ?? 'application/json');
          read(response).then((text) => resolve({ status: response.statusCode ?? 0, type, text }), reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

function waitIn(trap: Trap): Promise<void> {
  trap.since = Date.now();
  trap.came();
  return trap.opened;
}

async function read(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function pem(file: string | undefined, data: string | undefined): Buffer | undefined {
  if (file) return readFileSync(file);
  return data ? Buffer.from(data, 'base64') : undefined;
}
