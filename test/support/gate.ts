import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP way to a server that can be shut and opened again, on the same port. Shut, connections are cut and new ones are
 * refused, as they are by a server that has gone. Stalled, connections stay and new ones are taken, but nothing is
 * passed on, as by a network that swallows everything: only time limits end what waits.
 */
export class Gate {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  #stalled = false;

  private constructor(
    private readonly to: { readonly host: string; readonly port: number },
    public readonly port: number,
  ) {}

  static async open(to: { readonly host: string; readonly port: number }): Promise<Gate> {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as AddressInfo;
    await new Promise((resolve) => probe.close(resolve));
    const gate = new Gate(to, port);
    await gate.unshut();
    return gate;
  }

  async shut(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    const closed = server && new Promise((resolve) => server.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** From here on nothing comes through, on the connections that there are, too. What they had is lost. */
  stall(): void {
    this.#stalled = true;
  }

  /** Ends `shut` or `stall`. Connections that were stalled are cut: what was swallowed on them is gone for good. */
  async unshut(): Promise<void> {
    if (this.#stalled) {
      this.#stalled = false;
      for (const socket of this.#sockets) socket.destroy();
    }
    if (this.#server) return;
    const server = createServer((client) => this.#join(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  #join(client: Socket): void {
    const upstream = connect(this.to);
    const unlessStalled = (from: Socket, to: Socket): void => {
      from.on('data', (chunk) => {
        if (!this.#stalled) to.write(chunk);
      });
    };
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        // Behind a stalled way nobody learns that the other end has closed.
        if (!this.#stalled) other.destroy();
      });
      one.on('end', () => {
        if (!this.#stalled) other.end();
      });
      unlessStalled(one, other);
    }
  }
}
