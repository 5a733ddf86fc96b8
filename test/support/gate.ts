import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP way to a server that can be shut and opened again, on the same port: shut, connections are cut and new ones are
 * refused, as they are by a server that has gone.
 */
export class Gate {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();

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

  async unshut(): Promise<void> {
    const server = createServer((client) => this.#join(client));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(this.port, '127.0.0.1', resolve);
    });
    this.#server = server;
  }

  #join(client: Socket): void {
    const upstream = connect(this.to);
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
