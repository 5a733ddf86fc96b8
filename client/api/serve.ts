import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Api } from './app.js';

export interface ServeOptions {
  readonly app: { readonly fetch: Api['fetch'] };
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  /** How long requests under way may take to end when it is closed, milliseconds. */
  readonly graceMs?: number;
}

export interface Serving {
  readonly url: string;
  readonly port: number;
  /** Takes no more requests, lets those under way end, and then closes. */
  close(): Promise<void>;
}

/** The address can't be listened on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  readonly mend = 'Stop what listens there, or set api.listen to something that is free.';
}

/** Serves the API. Throws `CannotListen`. */
export async function serve({ app, host, port, graceMs = 10_000 }: ServeOptions): Promise<Serving> {
  const timeouts = { requestTimeout: 60_000, headersTimeout: 10_000, keepAliveTimeout: 75_000 };
  const server = createServer(timeouts, getRequestListener(app.fetch));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: Error) =>
      reject(new CannotListen(`${host}:${port} can't be listened on: ${error.message}`, { cause: error })),
    );
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  const name = host.includes(':') ? `[${host}]` : host;
  return { url: `http://${name}:${address.port}`, port: address.port, close: () => close(server, graceMs) };
}

/** Connections that become idle while we wait are closed too: a sender keeps its own open for minutes. */
function close(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const idle = setInterval(() => server.closeIdleConnections(), 50);
    const force = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearInterval(idle);
      clearTimeout(force);
      resolve();
    });
    server.closeIdleConnections();
  });
}
