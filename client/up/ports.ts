import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port that nothing listens on now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, 'listening');
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('no port could be had');
  return address.port;
}

/** The port if nothing listens on it, else any free one. */
export async function portOr(host: string, wanted: number): Promise<number> {
  const server = createServer().listen(wanted, host);
  try {
    await once(server, 'listening');
    return wanted;
  } catch {
    return freePort(host);
  } finally {
    server.close();
  }
}
