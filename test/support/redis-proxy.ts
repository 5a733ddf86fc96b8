import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { HoldAt } from './api-proxy.js';

/** A command that waits in the proxy. */
export interface HeldCommand {
  /** Since when it waits, ms since 1970; undefined before it has come. */
  since(): number | undefined;
  /** Whoever sent it has gone, or has given up. */
  gone(): boolean;
  /** Lets it go on, and resolves with Redis's answer, as it came over the wire. */
  release(): Promise<string>;
}

interface Trap {
  readonly word: string;
  readonly at: HoldAt;
  /** So many such commands are let through before. */
  skip: number;
  sprung: boolean;
  held?: Waiting;
  readonly opened: Promise<void>;
  readonly answered: (text: string) => void;
}

interface Waiting {
  readonly client: Socket;
  readonly since: number;
}

/** A way to a real Redis that holds one command before it, or its answer after it. */
export class RedisProxy {
  readonly #sockets = new Set<Socket>();
  readonly #traps: Trap[] = [];

  private constructor(
    private readonly server: Server,
    private readonly to: { readonly host: string; readonly port: number },
  ) {}

  static async open(to: { readonly host: string; readonly port: number }): Promise<RedisProxy> {
    const server = createServer();
    const proxy = new RedisProxy(server, to);
    server.on('connection', (client) => proxy.#join(client));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Holds the command of that name that comes after `skip` others of that name. */
  hold(word: string, at: HoldAt, skip = 0): HeldCommand {
    let open = (): void => undefined;
    let answered = (_text: string): void => undefined;
    const opened = new Promise<void>((resolve) => {
      open = resolve;
    });
    const answer = new Promise<string>((resolve) => {
      answered = resolve;
    });
    const trap: Trap = { word, at, skip, sprung: false, opened, answered };
    this.#traps.push(trap);
    return {
      since: () => trap.held?.since,
      gone: () => trap.held?.client.destroyed === true,
      release: () => {
        open();
        return answer;
      },
    };
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  #join(client: Socket): void {
    const upstream = connect(this.to);
    let waiting: Promise<void> | undefined;
    for (const socket of [client, upstream]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => this.#sockets.delete(socket));
    }
    // A command that is held goes on to Redis although whoever sent it has died.
    client.on('close', () => waiting === undefined && upstream.destroy());
    upstream.on('close', () => client.destroy());
    upstream.on('data', (chunk) => void client.write(chunk));
    client.on('data', (chunk: Buffer) => {
      const trap = this.#sprungBy(chunk);
      if (!trap) return void upstream.write(chunk);
      waiting = held(trap, chunk, client, upstream);
    });
  }

  #sprungBy(chunk: Buffer): Trap | undefined {
    const trap = this.#traps.find(({ sprung, word }) => !sprung && chunk.includes(word));
    if (!trap) return undefined;
    trap.skip -= 1;
    trap.sprung = trap.skip < 0;
    return trap.sprung ? trap : undefined;
  }
}

/** One command, until it is let go on and answered. */
async function held(trap: Trap, command: Buffer, client: Socket, upstream: Socket): Promise<void> {
  upstream.removeAllListeners('data');
  const answer = new Promise<string>((resolve) => upstream.once('data', (chunk) => resolve(String(chunk))));
  if (trap.at === 'after') {
    upstream.write(command);
    await answer;
  }
  trap.held = { client, since: Date.now() };
  await trap.opened;
  if (trap.at === 'before') upstream.write(command);
  const text = await answer;
  trap.answered(text);
  if (client.destroyed) return void upstream.destroy();
  client.write(text);
  upstream.on('data', (chunk) => void client.write(chunk));
}
