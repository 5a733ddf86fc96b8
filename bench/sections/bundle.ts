import { existsSync, statSync } from 'node:fs';
import { Worker } from '@temporalio/worker';
import { buildBundle, builtBundle } from '../../worker/bundle.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { percentile, timed } from '../statistics.js';

export const title = 'The workflow bundle';

/** From asking for a worker to one that can take work: the bundle is read, compiled and its source map taken in. */
export async function measure({ connection, quick }: Lab): Promise<readonly Row[]> {
  if (!existsSync(builtBundle)) await buildBundle();
  const times: number[] = [];
  for (let n = 0; n < (quick ? 3 : 7); n += 1) {
    const { ms, value: worker } = await timed(() =>
      Worker.create({ connection, taskQueue: 'bench/bundle', workflowBundle: { codePath: builtBundle } }),
    );
    times.push(ms);
    // A worker must have run before it can be closed.
    const run = worker.run();
    worker.shutdown();
    await run;
  }
  return [
    { what: 'size', value: statSync(builtBundle).size / 1e6, unit: 'MB' },
    {
      what: 'loaded in a worker, p50',
      value: percentile(times, 50),
      unit: 'ms',
      goal: { atMost: 1000 },
      note: `first ${times[0]?.toFixed(0)} ms`,
    },
  ];
}
