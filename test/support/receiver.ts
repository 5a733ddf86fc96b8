import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The parts of a watch's post that the tests look at. */
export interface Body {
  readonly usage?: number;
  readonly target: string;
  readonly secondsToLimit?: number;
  readonly oomKills?: number;
  readonly version: string;
  readonly status: string;
  readonly commonLabels: Readonly<Record<string, string>>;
  readonly commonAnnotations: Readonly<Record<string, string>>;
  readonly alerts: readonly { readonly fingerprint: string; readonly startsAt: string }[];
}

export interface Received {
  readonly at: string;
  readonly authorization: string | undefined;
  readonly body: Body;
}

/** A receiver of webhooks on a free port of this machine. */
export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** What it answers from now on; default 200. What is answered otherwise is not kept. */
  status: number;
  /** Requests so far, refused ones included. */
  asked: number;
  /** `status name` of each alert about a target, in order. */
  names(target?: string): string[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    request.on('end', () => {
      self.asked += 1;
      if (self.status < 300) {
        const { authorization } = request.headers;
        self.received.push({ at: new Date().toISOString(), authorization, body: JSON.parse(text) as Body });
      }
      response.writeHead(self.status, self.status === 302 ? { location: '/elsewhere' } : {}).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const self: Receiver = {
    url: `http://127.0.0.1:${port}/memory`,
    received: [],
    status: 200,
    asked: 0,
    names: (target) =>
      self.received
        .filter(({ body }) => target === undefined || body.target === target)
        .map(({ body }) => `${body.status} ${body.commonLabels.alertname}`),
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
  return self;
}
