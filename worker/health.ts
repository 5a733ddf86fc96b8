import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HealthOptions {
  /** True while every worker of this process polls: `RunningWorker.healthy`. */
  readonly healthy: () => boolean;
  /** What `/metrics` answers; absent: 404. `RunningWorker.metrics`. */
  readonly metrics?: (() => Promise<string>) | undefined;
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
 * `/healthz`: this process answers. `/readyz`: all its workers poll, 503 while they don't. `/metrics`: its figures. A Temporal that is away
 * changes neither: the workers retry by themselves, and a restart would help nobody. Throws `CannotListen`.
 */
export async function serveHealth(options: HealthOptions): Promise<HealthServer> {
  const { healthy, metrics, host = '127.0.0.1', port } = options;
  const server = createServer({ headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const path = (request.url ?? '').split('?')[0];
    if (request.method !== 'GET' && request.method !== 'HEAD') return answer(response, 405, false);
    if (path === '/healthz') return answer(response, 200, true);
    if (path === '/readyz') return answer(response, healthy() ? 200 : 503, healthy());
    if (path === '/metrics' && metrics) return void answerMetrics(response, metrics);
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

/** `/metrics` never fails for what is behind it: a figure that can't be had is not a number. */
async function answerMetrics(response: ServerResponse, metrics: () => Promise<string>): Promise<void> {
  try {
    const text = await metrics();
    response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4', 'cache-control': 'no-store' });
    response.end(text);
  } catch {
    answer(response, 503, false);
  }
}

function answer(response: ServerResponse, status: number, ok: boolean): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(`${JSON.stringify({ ok })}\n`);
}
