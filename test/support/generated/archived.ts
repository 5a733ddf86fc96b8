import type { Client } from '@temporalio/client';
import { type Archive, type ClosedRun, closedIncidents, collectBundle } from '../../../archive/index.js';

/** What one pass over the server's closed incidents came to. */
export interface Pass {
  readonly written: number;
  readonly there: number;
}

/** Archives every closed incident that the server lists, as many at once as the archiver's own batch. */
export async function archiveAll(
  client: Client,
  archive: Archive,
  runs: readonly ClosedRun[],
): Promise<Pass> {
  const pass = { written: 0, there: 0 };
  const left = runs.values();
  const one = async (): Promise<void> => {
    for (const run of left) {
      const there = await archive.has(run);
      pass[there ? 'there' : (await archive.write(await collectBundle(client, run))).result] += 1;
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  return pass;
}

/** Waits until visibility, which lags behind, lists so many closed incidents. */
export async function closedRuns(client: Client, count: number): Promise<readonly ClosedRun[]> {
  for (const giveUp = Date.now() + 60_000; ; ) {
    const runs: ClosedRun[] = [];
    for await (const run of closedIncidents(client)) runs.push(run);
    if (runs.length >= count) return runs;
    if (Date.now() > giveUp)
      throw new Error(`the server lists ${runs.length} closed incidents, not ${count}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
