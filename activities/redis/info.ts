import type { Redis } from './client.js';

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

/** Connections by the client's address, ours left out. */
export async function connectionsByAddress(redis: Redis): Promise<ReadonlyMap<string, number>> {
  const text = String(await redis.send('CLIENT', 'LIST'));
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const address = /(?:^| )addr=(\S+):\d+(?: |$)/.exec(line)?.[1];
    if (address === undefined || / name=nightshift /.test(line)) continue;
    const plain = address.replace(/^\[(.*)\]$/, '$1');
    counts.set(plain, (counts.get(plain) ?? 0) + 1);
  }
  return counts;
}
