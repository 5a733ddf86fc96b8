import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { backtestAll, type CandidatePolicy } from '../../replay/backtest/index.js';
import { ends, open } from '../incident.js';
import { type Lab, startWorkers } from '../lab.js';
import { largestChild } from '../largest-child.js';
import type { Row } from '../report.js';
import { newTank } from '../tanks.js';

export const title = 'Backtest of five-step incidents under another policy, each to its end';

/** Different incidents of each kind; they are worked again and again. */
const different = 10;

/** Another policy that lets everything come as it came: nothing is unknown, so that every incident costs all it can. */
const candidate: CandidatePolicy = (_target, policy) => ({
  policy: { ...policy, pauseLimitSeconds: policy.pauseLimitSeconds + 1 },
  digest: 'candidate',
});

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const { quick, progress } = lab;
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-backtest-'));
  try {
    progress('recording');
    const files = await record(lab, folder);
    const [few, all] = quick ? [50, 200] : [250, 1_000];
    progress(`working ${few} in one process`);
    const alone = await work(lab, files, few, 1);
    progress(`working ${all} in two processes`);
    const two = await work(lab, files, all, 2);
    const [early = Number.NaN, late = Number.NaN] = two.memory;
    return [
      { what: 'in one process', value: few / alone.seconds, unit: '/s', note: 'starting it counted in' },
      {
        what: `${all} incidents in two processes`,
        value: two.seconds,
        unit: 's',
        goal: { atMost: quick ? 12 : 60 },
        note: `${(all / two.seconds).toFixed(0)} a second`,
      },
      { what: 'largest process after a quarter', value: early, unit: 'MB' },
      {
        what: 'largest process after all',
        value: late,
        unit: 'MB',
        goal: { atMost: Math.round(early * 1.2) },
        note: 'flat: at most a fifth more',
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function work(
  { bundlePath: codePath, signal }: Lab,
  files: readonly string[],
  count: number,
  jobs: number,
) {
  const pointers = Array.from({ length: count }, (_, n) => {
    const file = files[n % files.length] as string;
    return { kind: 'file', name: String(n), file } as const;
  });
  const memory: number[] = [];
  const began = performance.now();
  let done = 0;
  for await (const each of backtestAll(pointers, { codePath, jobs, signal, policy: candidate })) {
    if (!('pair' in each) || each.pair.candidate.unknown || each.pair.candidate.failed !== undefined)
      throw new Error(`${each.name} did not come to its end: ${JSON.stringify(each).slice(0, 300)}`);
    done += 1;
    if (done === count / 4 || done === count)
      memory.push(largestChild(join('backtest', 'child.js')) / 2 ** 20);
  }
  signal.throwIfAborted();
  return { seconds: (performance.now() - began) / 1000, memory };
}

/** Histories of incidents that really ran, with and without a disruptive change, each in a file of its own. */
async function record(lab: Lab, folder: string): Promise<readonly string[]> {
  const stop = await startWorkers(lab);
  try {
    const files: string[] = [];
    for (let n = 0; n < different; n += 1) {
      for (const kind of ['gentle', 'restart'] as const) {
        lab.signal.throwIfAborted();
        const handle = await open(lab, newTank(kind));
        await ends(handle, 'recovered');
        const file = join(folder, `${kind}-${n}.json`);
        await writeFile(file, historyToJSON(await handle.fetchHistory()));
        files.push(file);
      }
    }
    return files;
  } finally {
    await stop();
  }
}
