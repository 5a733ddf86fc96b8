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
      const seen: Seen[] = [];
      const onProgress = ({ done }: { readonly done: number }): void => {
        if (marks.includes(done)) seen.push(children());
      };
      const sum = await replayAll({ paths: many(count) }, { codePath, jobs, signal, onProgress });
      if (sum.same !== count) throw new Error(`only ${sum.same} of ${count} were the same`);
      return { sum, seen };
    };
    const alone = await run(1, quick ? 100 : 500);
    // Before the last one: then both processes are still there.
    const marks = quick ? [150, 300] : [500, 2_000];
    const two = await run(2, (marks[1] as number) + 1, marks);
    return rows(alone.sum, two.sum, two.seen, marks);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function rows(
  alone: ReplaySum,
  two: ReplaySum,
  seen: readonly Seen[],
  [first = 0, last = 0]: readonly number[],
): readonly Row[] {
  const [early = nothing, late = nothing] = seen;
  const started = 'starting the processes counted in';
  const cpuMs = ((late.cpuSeconds - early.cpuSeconds) * 1000) / (last - first);
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
    {
      what: 'processor time a history',
      value: cpuMs,
      unit: 'ms',
      goal: { atMost: 20 },
      note: `two cores to themselves would do ${(2000 / cpuMs).toFixed(0)} a second`,
    },
    { what: `largest process after ${first}`, value: early.megabytes, unit: 'MB' },
    {
      what: `largest process after ${last}`,
      value: late.megabytes,
      unit: 'MB',
      goal: { atMost: Math.round(early.megabytes * 1.2) },
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

/** What the replaying processes have taken so far. */
interface Seen {
  /** Of the largest. */
  readonly megabytes: number;
  /** Of all together. */
  readonly cpuSeconds: number;
}

const nothing: Seen = { megabytes: Number.NaN, cpuSeconds: Number.NaN };

/** As `/proc` has it; NaN where there is none. */
function children(): Seen {
  try {
    const pids = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
    const replaying = pids.filter((pid) =>
      readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(join('replay', 'child.js')),
    );
    const bytes = replaying.map((pid) => residentBytes(Number(pid)) ?? 0);
    return {
      megabytes: Math.max(...bytes) / 2 ** 20,
      cpuSeconds: replaying.reduce((sum, pid) => sum + cpuSeconds(pid), 0),
    };
  } catch {
    return nothing;
  }
}

/** User and system time; the kernel counts it in hundredths of a second. */
function cpuSeconds(pid: string): number {
  const afterName = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(afterName[11]) + Number(afterName[12])) / 100;
}
