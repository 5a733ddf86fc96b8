import { MongoClient, MongoServerError } from 'mongodb';
import type { MongoReading } from '../../model/kubernetes/details.js';
import type { MongoSettings } from '../../model/kubernetes/settings.js';
import { failure, messageOf } from '../failure.js';

/** One client connection, as `$currentOp` tells of it. */
interface Connection {
  readonly client?: string;
  readonly appName?: string;
}

interface ServerStatus {
  readonly connections?: { readonly current?: number; readonly available?: number };
  readonly metrics?: { readonly cursor?: { readonly open?: { readonly total?: number } } };
}

const timeoutMs = 4_000;

/**
 * Connections and open cursors of a server that speaks MongoDB's protocol, and where it tells, connections by the
 * client's address. Throws `Unreachable`, `Misconfigured` where it refuses the login.
 */
export async function readMongo(
  settings: MongoSettings,
  secret: (name: string) => string,
  signal: AbortSignal,
): Promise<{ readonly reading: MongoReading; readonly connections: ReadonlyMap<string, number> }> {
  const client = new MongoClient(settings.url, {
    appName: 'nightshift',
    maxPoolSize: 1,
    serverSelectionTimeoutMS: timeoutMs,
    connectTimeoutMS: timeoutMs,
    ...(settings.username !== undefined && {
      auth: {
        username: settings.username,
        password: settings.passwordSecret === undefined ? '' : secret(settings.passwordSecret).trim(),
      },
    }),
  });
  const aborted = (): void => void client.close().catch(() => undefined);
  signal.addEventListener('abort', aborted, { once: true });
  try {
    const admin = client.db('admin');
    const status: ServerStatus = await admin.command({ serverStatus: 1 });
    return { reading: readingOf(status), connections: await byAddress(client, settings.appName) };
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error, settings.url);
  } finally {
    signal.removeEventListener('abort', aborted);
    await client.close().catch(() => undefined);
  }
}

function readingOf({ connections, metrics }: ServerStatus): MongoReading {
  const openCursors = metrics?.cursor?.open?.total;
  return {
    current: connections?.current ?? 0,
    ...(connections?.available !== undefined && { available: connections.available }),
    ...(openCursors !== undefined && { openCursors }),
  };
}

/** Not every server knows `$currentOp`, and not every login may use it: then nothing is told apart. */
async function byAddress(
  client: MongoClient,
  appName: string | undefined,
): Promise<ReadonlyMap<string, number>> {
  const counts = new Map<string, number>();
  try {
    const all = client
      .db('admin')
      .aggregate<Connection>([{ $currentOp: { allUsers: true, idleConnections: true } }]);
    for await (const { client: from, appName: name } of all) {
      if (from === undefined || name === 'nightshift' || (appName !== undefined && name !== appName))
        continue;
      const address = from.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
      counts.set(address, (counts.get(address) ?? 0) + 1);
    }
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
  }
  return counts;
}

function translate(error: unknown, url: string): Error {
  const said = messageOf(error);
  const where = `MongoDB at ${new URL(url).host}`;
  return /auth|not authorized|requires authentication/i.test(said)
    ? failure('Misconfigured', `${where} refuses the login: ${said}. Name its password with mongo.password.`)
    : failure('Unreachable', `${where} could not be asked: ${said}.`, error);
}
