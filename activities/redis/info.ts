import { isCluster, ourName, type Redis } from './client.js';

/** What `INFO` says, name by name, all sections. */
export async function readInfo(redis: Redis): Promise<ReadonlyMap<string, string>> {
  const text = String(await redis.send('INFO'));
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const at = line.indexOf(':');
      return line.startsWith('#') || at < 1 ? [] : [[line.slice(0, at), line.slice(at + 1)] as const];
    }),
  );
}

/** A figure of `INFO`; undefined where the server does not say it. */
export function figureOf(info: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = info.get(name);
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) ? value : undefined;
}

/** Throws `Unsupported` for a node of a Redis Cluster. */
export function refuseCluster(info: ReadonlyMap<string, string>, url: string): void {
  if (info.get('redis_mode') === 'cluster' || info.get('cluster_enabled') === '1') throw isCluster(url);
}

/** Most clients at once. Servers before 7 say it only by CONFIG. */
export async function readMaxClients(
  redis: Redis,
  info: ReadonlyMap<string, string>,
): Promise<number | undefined> {
  const told = figureOf(info, 'maxclients');
  if (told !== undefined) return told;
  const answer = await redis.send('CONFIG', 'GET', 'maxclients');
  const value = Number(Array.isArray(answer) ? answer[1] : Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

/** Connections by the client's address, ours left out. */
export async function connectionsByAddress(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const text = String(await redis.send('CLIENT', 'LIST'));
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const address = /(?:^| )addr=(\S+):\d+(?: |$)/.exec(line)?.[1];
    if (address === undefined || line.includes(` name=${ourName} `)) continue;
    const plain = address.replace(/^\[(.*)\]$/, '$1').replace(/^::ffff:/, '');
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}
