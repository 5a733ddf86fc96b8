import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  /** True while every worker of this process polls: `RunningWorker.healthy`. */
  readonly healthy: () => boolean;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** 0: a free one. */
  readonly port: number;
}

export interface HealthServer {
  readonly url: string;
  close(): Promise<void>;
}

/** The health port can't be listened on. */
export class CannotListen extends Error {
  override readonly name = 'CannotListen';
  readonly mend =
    'Stop what listens there, or set --health-port (NIGHTSHIFT_HEALTH_PORT) to one that is free.';
}

/**
 * `/healthz`: this process answers. `/readyz`: all its workers poll, 503 while they don't. A Temporal that is away
 * changes neither: the workers retry by themselves, and a restart would help nobody. Throws `CannotListen`.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const { healthy, host = '127.0.0.1', port } = options;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, false);
    if (path === '/healthz') return answer(response, 200, true);
    if (path === '/readyz') return answer(response, healthy() ? 200 : 503, healthy());
    return answer(response, 404, false);
  });
  server.listen(port, host);
  await once(server, 'listening').catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CannotListen(`${host}:${port} can't be listened on: ${reason}`, { cause: error });
  });
  const { port: bound } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(response: ServerResponse, status: number, ok: boolean): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify({ ok })}\n`);
}
