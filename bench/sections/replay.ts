import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { residentBytes } from '../../client/up/process.js';
import { type ReplaySum, replayAll } from '../../replay/index.js';
import { bundle } from '../../worker/bundle.js';
import { ends, open } from '../incident.js';
import { type Lab, startWorkers } from '../lab.js';
import type { Row } from '../report.js';
import { newTank, tankModule } from '../tanks.js';

export const title = 'Replay of five-step histories';

/** Different histories; they are replayed again and again. */
const different = 20;

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const { quick, progress, signal } = lab;
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-replay-'));
  try {
    progress('recording');
    const files = await record(lab, folder);
    const codePath = join(folder, 'replay-bundle.js');
    await writeFile(codePath, await bundle([tankModule], { witnessed: true }));
    const many = (count: number) =>
      Array.from({ length: count }, (_, n) => files[n % files.length] as string);
    const run = async (jobs: number, count: number, marks: readonly number[] = []) => {
      progress(`replaying ${count} in ${jobs}`);
      const memory: number[] = [];
      const onProgress = ({ done }: { readonly done: number }): void => {
        if (marks.includes(done)) memory.push(largestChild());
      };
      const sum = await replayAll({ paths: many(count) }, { codePath, jobs, signal, onProgress });
      if (sum.same !== count) throw new Error(`only ${sum.same} of ${count} were the same`);
      return { sum, memory };
    };
    const alone = await run(1, quick ? 100 : 500);
    const marks = quick ? [150, 300] : [500, 2_000];
    const two = await run(2, marks[1] as number, marks);
    return rows(alone.sum, two.sum, two.memory, marks);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rows(
  alone: ReplaySum,
  two: ReplaySum,
  memory: readonly number[],
  marks: readonly number[],
): readonly Row[] {
  const [early = Number.NaN, late = Number.NaN] = memory.map((bytes) => bytes / 2 ** 20);
  const started = 'starting the processes counted in';
  return [
    {
      what: 'in one process',
      value: alone.perSecond,
      unit: '/s',
      note: `${alone.found} histories, ${started}`,
    },
    {
      what: 'in two processes, one bundle',
      value: two.perSecond,
      unit: '/s',
      goal: { atLeast: 100 },
      note: `${two.found} histories, ${started}`,
    },
    { what: `largest process after ${marks[0]}`, value: early, unit: 'MB' },
    {
      what: `largest process after ${marks[1]}`,
      value: late,
      unit: 'MB',
      goal: { atMost: Math.round(early * 1.2) },
      note: 'flat: at most a fifth more',
    },
  ];
}

/** Histories of incidents that really ran, each in a file of its own. */
async function record(lab: Lab, folder: string): Promise<readonly string[]> {
  const stop = await startWorkers(lab);
  try {
    const files: string[] = [];
    for (let n = 0; n < different; n += 1) {
      lab.signal.throwIfAborted();
      const handle = await open(lab, newTank('gentle'));
      await ends(handle, 'recovered');
      const file = join(folder, `${n}.json`);
      await writeFile(file, historyToJSON(await handle.fetchHistory()));
      files.push(file);
    }
    return files;
  } finally {
    await stop();
  }
}

/** Resident memory, bytes, of the largest of the replaying processes. NaN where there is no /proc. */
function largestChild(): number {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
    const replaying = pids.filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join('replay', 'child.js')),
    );
    return Math.max(...replaying.map((pid) => residentBytes(Number(pid)) ?? 0));
  } catch {
    return Number.NaN;
  }
}
