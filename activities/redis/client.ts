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

/**
 * Connects, works, and closes. Nothing is reconnected or sent again: what a lost connection left undone is found out
 * by looking again. Throws `Unreachable`, `Misconfigured` (password, database), `Unsupported` (read-only, cluster).
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
    name: 'nightshift',
    disableOfflineQueue: true,
    socket: { connectTimeout: connectMs, reconnectStrategy: false },
  });
  // Errors reach us through the call that failed; without a listener they would end the process.
  client.on('error', () => undefined);
  const aborted = (): void => client.destroy();
  try {
    signal.throwIfAborted();
    await client.connect();
    signal.addEventListener('abort', aborted, { once: true });
    return await work({ send: (...words) => client.sendCommand(words.map(String)) });
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error, address.url);
  } finally {
    signal.removeEventListener('abort', aborted);
    if (client.isOpen) client.destroy();
  }
}

function translate(error: unknown, url: string): Error {
  if (error instanceof Error && error.name === 'ApplicationFailure') return error;
  const said = messageOf(error);
  const where = `Redis at ${new URL(url).host}`;
  if (/NOAUTH|WRONGPASS|NOPERM|invalid password|invalid username/i.test(said))
    return failure(
      'Misconfigured',
      `${where} refuses the login or a command: ${said}. Name its password with sessions.password, for a user who may use it.`,
    );
  if (/READONLY/i.test(said))
    return failure('Unsupported', `${where} is read-only: ${said}. Configure the address of the primary.`);
  if (/CROSSSLOT|MOVED|ASK /i.test(said))
    return failure(
      'Unsupported',
      `${where} is a Redis Cluster, in which one script can't change keys of several slots.`,
    );
  return failure('Unreachable', `${where} could not be asked: ${said}.`, error);
}
