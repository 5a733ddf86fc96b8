import '../../support/quiet.js';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { BacktestRun } from '../../../model/backtest/types.js';
import {
  type Backtested,
  type BacktestOptions,
  backtestAll,
  CannotBacktest,
} from '../../../replay/backtest/index.js';
import type { Pointer } from '../../../replay/sources.js';
import { bundle } from '../../../worker/bundle.js';
import { bothTold, factsOf, folder, incidents, outcome, recording, tankModule, terminated } from './kit.js';

let scratch: string;
/** The bundle of today's code. */
let today: string;
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'nightshift-test-'));
  today = join(scratch, 'bundle.js');
  await writeFile(today, await bundle([tankModule('runbook'), tankModule('overflow')]));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

function recorded(name: string): Pointer {
  return { kind: 'file', name, file: join(folder, `${name}.json`) };
}

async function all(
  pointers: readonly Pointer[],
  options: BacktestOptions = {},
): Promise<ReadonlyMap<string, Backtested>> {
  const found = new Map<string, Backtested>();
  for await (const each of backtestAll(pointers, { codePath: today, jobs: 2, ...options }))
    found.set(each.name, each);
  return found;
}

function runOf(done: Backtested | undefined): BacktestRun {
  if (!done || !('pair' in done)) throw new Error(`it was left out: ${done?.left}`);
  return done.pair.candidate;
}

it('works many at once, and says of the rest why they were left out', async () => {
  const cut = terminated(recording('declined'), ({ eventType }) => eventType === 'EVENT_TYPE_TIMER_STARTED');
  const files = { torn: '{"history": {"ev', cut: JSON.stringify(cut) };
  for (const [name, text] of Object.entries(files)) await writeFile(join(scratch, `${name}.json`), text);
  const others = Object.keys(files).map(
    (name): Pointer => ({ kind: 'file', name, file: join(scratch, `${name}.json`) }),
  );
  const names = incidents().slice(0, 8);
  const done = await all([...names.map(recorded), ...others, recorded('governor')]);
  expect(done.size).toBe(names.length + 3);
  for (const name of names) {
    const pair = done.get(name);
    if (!pair || !('pair' in pair)) throw new Error(`${name} was left out`);
    const [now, then] = bothTold(pair.pair.candidate.facts, pair.pair.recorded);
    expect(now).toEqual(then);
    expect(pair.pair.incident).toMatchObject({ workflowId: recording(name).workflowId, status: 'COMPLETED' });
  }
  expect(done.get('torn')).toMatchObject({ left: expect.any(String) });
  expect(done.get('cut')).toMatchObject({ left: expect.stringContaining('it has no recorded facts') });
  expect(done.get('governor')).toMatchObject({ left: "it is no incident: a run of 'governor'" });
});

it('asks for the candidate’s policy where it is read: in this process', async () => {
  const asked = new Set<string>();
  const done = await all(['recovered-by-an-approved-restart', 'target-gone'].map(recorded), {
    policy: async (target, policy) => {
      asked.add(target.key);
      return { policy: { ...policy, remediesOff: ['flush', 'throttle', 'restart'] }, digest: 'candidate' };
    },
  });
  expect([...asked]).toEqual(['tanks/here/recovered-by-an-approved-restart']);
  const run = runOf(done.get('recovered-by-an-approved-restart'));
  expect(outcome(run)).toBe('escalated');
  expect(factsOf(run, 'looked')[0]?.policyDigest).toBe('candidate');
});

it('gives up a candidate that goes round in circles, and works the next one', async () => {
  const codePath = join(scratch, 'circling.js');
  await writeFile(codePath, await bundle([tankModule('candidates/circling')]));
  const options = { codePath, jobs: 1, stuckSeconds: 3 };
  const done = await all(['observed', 'target-gone'].map(recorded), options);
  expect(runOf(done.get('observed')).failed).toBe(
    'it did not come to an end within 3 s: it may be in a loop',
  );
  expect(outcome(runOf(done.get('target-gone')))).toBe('escalated');
});

it('does not begin with a candidate that does not load', async () => {
  const codePath = join(scratch, 'torn.js');
  await writeFile(codePath, (await readFile(today, 'utf8')).slice(0, 10_000));
  await expect(all([recorded('observed')], { codePath })).rejects.toThrow(CannotBacktest);
});

it('ends when it is told to, and leaves no process behind', async () => {
  const aborter = new AbortController();
  const { signal } = aborter;
  let count = 0;
  for await (const _ of backtestAll(incidents().map(recorded), { codePath: today, jobs: 2, signal })) {
    count += 1;
    if (count === 2) aborter.abort();
  }
  expect(count).toBe(2);
});
