import { createClient } from '@redis/client';
import { failure, messageOf } from '../failure.js';

/** How a Redis is reached. The password is the value itself, read from its secret for this one connection. */
export interface RedisAddress {
  /** `redis://host:6379/0` or `rediss://…`. */
  readonly url: string;
  readonly username?: string;
  readonly password?: string;
}

/** Any command, answered as the server answers it. */
export interface Redis {
  send(...words: readonly (string | number)[]): Promise<unknown>;
}

const connectMs = 4_000;
/** A server that says nothing for so long, or a network that swallows everything, is not waited for. */
const silenceMs = 10_000;

/**
 * Connects, works, and closes. Nothing is reconnected or sent again: what a lost connection left undone is found out
 * by looking again. Throws `Unreachable`, `Misconfigured` (password, a command that its user may not use),
 * `Unsupported` (read-only, cluster, no memory left).
 */
export async function withRedis<T>(
  address: RedisAddress,
  signal: AbortSignal,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const client = createClient({
    url: address.url,
    ...(address.username !== undefined && { username: address.username }),
    ...(address.password !== undefined && { password: address.password }),
    disableOfflineQueue: true,
    // What the handshake sends besides the login, an access list may forbid: our name is set by hand below.
    disableClientInfo: true,
    socket: { connectTimeout: connectMs, socketTimeout: silenceMs, reconnectStrategy: false },
  });
  // Errors reach us through the call that failed; without a listener they would end the process.
  client.on('error', () => undefined);
  const end = (): void => {
    if (client.isOpen) client.destroy();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    signal.throwIfAborted();
    await client.connect();
    const redis: Redis = { send: (...words) => client.sendCommand(words.map(String)) };
    await redis.send('CLIENT', 'SETNAME', ourName).catch(() => undefined);
    return await work(redis);
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error, address.url);
  } finally {
    signal.removeEventListener('abort', end);
    end();
  }
}

/** Our connections, as `CLIENT LIST` shows them. */
export const ourName = 'nightshift';

function translate(error: unknown, url: string): Error {
  if (error instanceof Error && error.name === 'ApplicationFailure') return error;
  const said = messageOf(error);
  const where = `Redis at ${hostOf(url)}`;
  if (/NOAUTH|WRONGPASS|NOPERM|invalid password|invalid username|AUTH .*password/i.test(said))
    return failure(
      'Misconfigured',
      `${where} refuses the login or a command: ${said}. Name its password with sessions.password, for a user who may use it.`,
    );
  if (/READONLY/i.test(said))
    return failure('Unsupported', `${where} is read-only: ${said}. Configure the address of the primary.`);
  if (/CROSSSLOT|MOVED|ASK /i.test(said)) return isCluster(url);
  if (/\bOOM\b/.test(said))
    return failure('Unsupported', `${where} has no memory left for what would have to be kept: ${said}.`);
  if (/certificate|self.signed/i.test(said))
    return failure(
      'Unreachable',
      `${where} shows a certificate that is not trusted: ${said}. Name its authority with NODE_EXTRA_CA_CERTS.`,
    );
  return failure('Unreachable', `${where} could not be asked: ${said}.`, error);
}

/** What a Redis Cluster is refused with: a SCAN sees one node's keys, and a script can't change several slots. */
export function isCluster(url: string): Error {
  return failure(
    'Unsupported',
    `Redis at ${hostOf(url)} is a Redis Cluster: one node's scan does not see all sessions, and one script can't change keys of several slots.`,
  );
}

function hostOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the configured address';
}
