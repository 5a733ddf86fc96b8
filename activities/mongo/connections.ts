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

interface Gap {
  readonly source: string;
  readonly name: string;
  readonly gap: string;
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
): Promise<{
  readonly reading: MongoReading;
  readonly connections?: ReadonlyMap<string, number>;
  readonly gaps: readonly Gap[];
}> {
  const client = connect(settings, secret);
  const aborted = (): void => void client.close().catch(() => undefined);
  signal.addEventListener('abort', aborted, { once: true });
  try {
    signal.throwIfAborted();
    const status: ServerStatus = await client.db('admin').command({ serverStatus: 1 });
    const told = await byAddress(client, settings.appName);
    const reading = readingOf(status);
    return { reading, ...told, gaps: [...told.gaps, ...missing(reading)] };
  } catch (error) {
    signal.throwIfAborted();
    throw translate(error, settings.url);
  } finally {
    signal.removeEventListener('abort', aborted);
    await client.close().catch(() => undefined);
  }
}

function connect(settings: MongoSettings, secret: (name: string) => string): MongoClient {
  try {
    return new MongoClient(settings.url, {
      appName: 'nightshift',
      maxPoolSize: 1,
      serverSelectionTimeoutMS: timeoutMs,
      connectTimeoutMS: timeoutMs,
      socketTimeoutMS: timeoutMs,
      ...(settings.username !== undefined && {
        auth: {
          username: settings.username,
          password: settings.passwordSecret === undefined ? '' : secret(settings.passwordSecret).trim(),
        },
      }),
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'ApplicationFailure') throw error;
    throw failure(
      'Misconfigured',
      `mongo.url can't be used: ${messageOf(error)}. Write mongodb://host:27017.`,
    );
  }
}

function readingOf({ connections, metrics }: ServerStatus): MongoReading {
  const openCursors = metrics?.cursor?.open?.total;
  if (connections?.current === undefined)
    throw failure('Unsupported', 'its serverStatus does not tell how many connections there are');
  return {
    current: connections.current,
    ...(connections.available !== undefined && { available: connections.available }),
    ...(openCursors !== undefined && { openCursors }),
  };
}

function missing({ available, openCursors }: MongoReading): readonly Gap[] {
  const gap = 'this server does not say it';
  return [
    ...(available === undefined ? [{ source: 'serverStatus', name: 'mongo.available', gap }] : []),
    ...(openCursors === undefined ? [{ source: 'serverStatus', name: 'mongo.openCursors', gap }] : []),
  ];
}

/** Not every server knows `$currentOp`, and not every login may use it: then nothing is told apart. */
async function byAddress(
  client: MongoClient,
  appName: string | undefined,
): Promise<{ readonly connections?: ReadonlyMap<string, number>; readonly gaps: readonly Gap[] }> {
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
    return { connections: counts, gaps: [] };
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    const gap = `its connections can't be told apart: ${error.message}. $currentOp needs the role clusterMonitor.`;
    return { gaps: [{ source: '$currentOp', name: 'mongo.connections', gap }] };
  }
}

function translate(error: unknown, url: string): Error {
  if (error instanceof Error && error.name === 'ApplicationFailure') return error;
  const said = messageOf(error);
  // An address may name several servers, so it is no URL that could be taken apart.
  const hosts = /^mongodb(?:\+srv)?:\/\/(?:[^@/]*@)?([^/?]+)/.exec(url)?.[1] ?? 'the configured address';
  return /auth|not authorized|requires authentication/i.test(said)
    ? failure(
        'Misconfigured',
        `MongoDB at ${hosts} refuses the login: ${said}. Name its password with mongo.password.`,
      )
    : failure('Unreachable', `MongoDB at ${hosts} could not be asked: ${said}.`, error);
}
