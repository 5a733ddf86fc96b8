import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archive, createArchive } from '../../archive/index.js';
import type { IncidentDifference } from '../../model/backtest/difference.js';
import { sum } from '../../model/backtest/sum.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { insightsOf } from '../../model/insights/insights.js';
import { summarise } from '../../model/insights/summarise.js';
import type { ReplaySum } from '../../replay/index.js';
import { all, listed } from '../support/closed.js';
import { archivedTwice, archiverInto } from '../support/generated/archived.js';
import { backtested, candidates } from '../support/generated/candidates.js';
import { counted } from '../support/generated/counted.js';
import { expectedSum, told, toldSum } from '../support/generated/expected.js';
import { expectedInsights, toldInsights } from '../support/generated/expected-insights.js';
import { expectedOfLostRungs, toldVerdict } from '../support/generated/expected-replay.js';
import { planned } from '../support/generated/plan.js';
import { type Played, playAll } from '../support/generated/play.js';
import { type KnownRun, knownRuns } from '../support/generated/runs.js';
import { Stage } from '../support/generated/stage.js';
import { type Bench, bench } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';

/** Another seed, other incidents; and where the archive is to stay, for a look at it by hand. */
const seed = Number(process.env.NIGHTSHIFT_SEED ?? 20_261_122);
const keptIn = process.env.NIGHTSHIFT_GENERATED_ARCHIVE;
const built = join(process.cwd(), 'dist');

/** `nightshift replay`, as built, with these runbooks of the tanks. */
function replayed(
  folder: string,
  runbook: string,
): Promise<{ readonly code: number; readonly sum: ReplaySum }> {
  const modules = [runbook, 'overflow'].flatMap((name) => [
    '--with',
    join(built, 'test', 'support', 'tank', `${name}.js`),
  ]);
  const args = [join(built, 'client', 'cli', 'main.js'), 'replay', folder, '-o', 'json', ...modules];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { maxBuffer: 1e8 }, (error, out, said) => {
      const code = error ? error.code : 0;
      if (typeof code !== 'number' || out === '') reject(new Error(`${code}: ${said}`, { cause: error }));
      else resolve({ code, sum: JSON.parse(out) as ReplaySum });
    });
  });
}

/** Those of which something else is said than must be, with all that there is about them. */
function otherwise<T>(
  runs: readonly KnownRun[],
  told: readonly T[],
  wanted: readonly T[],
  about: readonly IncidentDifference[] = [],
) {
  return runs.flatMap(({ plan, bundle }, n) =>
    isDeepStrictEqual(told[n], wanted[n])
      ? []
      : {
          incident: `${plan.kind} ${plan.name} ${bundle.incident.shortId}`,
          told: told[n],
          wanted: wanted[n],
          sentences: about[n]?.differences.map(({ sentence }) => sentence),
        },
  );
}

describe('two hundred incidents of every shape', { timeout: 180_000 }, () => {
  let night: Bench;
  let played: readonly Played[];
  let folder = '';
  let archive: Archive;
  /** All of them, and those with a result: what a backtest can be held against. */
  let runs: readonly KnownRun[];
  let whole: readonly KnownRun[];
  const bundles: IncidentBundle[] = [];
  beforeAll(async () => {
    folder = keptIn ?? (await mkdtemp(join(tmpdir(), 'nightshift-generated-')));
    archive = createArchive(folder, { create: true });
    const stage = new Stage();
    night = await bench(stage, [runbook, overflow]);
    await night.startWorkers({ archive: archiverInto(night.client, archive) });
    const began = Date.now();
    played = await playAll(night, stage, planned(200, seed));
    console.log(`seed ${seed}: ${played.length} incidents played in ${Date.now() - began} ms`);
  }, 300_000);
  afterAll(async () => {
    await night?.close();
    if (keptIn === undefined) await rm(folder, { recursive: true, force: true });
  });

  it('come to what their stories say', () => {
    const told = played.flatMap(({ kind, name, result }) =>
      result ? [{ kind, name, ...counted(result.facts) }] : [],
    );
    const known = played.flatMap(({ kind, name, result, known: { others: _, slow: __, ...counts } }) =>
      result ? [{ kind, name, ...counts }] : [],
    );
    expect(told).toEqual(known);
  });

  it('are archived by the archiver, every run once, and its next run writes nothing', async () => {
    const others = played.reduce((sum, { known }) => sum + known.others, 0);
    const closed = await listed(night.client, played.length + others);
    expect(closed).toHaveLength(played.length + others);
    const [first, second] = await archivedTwice(night.client);
    expect(first).toMatchObject({ written: closed.length, there: 0, failed: 0 });
    expect(second).toMatchObject({ written: 0, failed: 0 });
    for (const { file } of await all(archive.list())) bundles.push(await archive.read(file));
    expect(bundles.map(({ incident }) => incident.runId).toSorted()).toEqual(
      closed.map(({ runId }) => runId).toSorted(),
    );
    runs = knownRuns(played, bundles);
    whole = runs.filter(({ plan }) => plan.cut === undefined);
  });

  it('are in the archive as they ended', () => {
    const archived = new Map(bundles.map((bundle) => [bundle.incident.runId, bundle]));
    for (const { runId, cut, result, policy } of played) {
      const { incident, facts, report, policies } = archived.get(runId) as IncidentBundle;
      const status = { terminated: 'TERMINATED', 'timed-out': 'TIMED_OUT', none: 'COMPLETED' }[cut ?? 'none'];
      expect(incident.status).toBe(status);
      expect({ outcome: incident.outcome, facts, report }).toEqual({
        outcome: result?.outcome,
        facts: result?.facts,
        report: result?.report,
      });
      // Nothing was ever seen of a tank that there is not.
      expect(policies.map((each) => each.policy)).toEqual(policies.length === 0 ? [] : [policy]);
    }
  });

  it('are counted by the insights as the stories have it', () => {
    const summaries = bundles.map(({ incident, facts }) =>
      summarise({ ...incident, targetKey: incident.target.key }, facts),
    );
    const period = { since: '2020-01-01T00:00:00.000Z', until: new Date().toISOString() };
    const insights = insightsOf(summaries, period, folder);
    expect(toldInsights(insights)).toEqual(expectedInsights(runs.map(({ plan }) => plan)));
  });

  it('replay through today’s code, all of them', async () => {
    const { code, sum: replay } = await replayed(folder, 'runbook');
    expect(replay.verdicts).toEqual([]);
    expect([code, replay.same, replay.onlyCommands]).toEqual([0, runs.length, runs.length - whole.length]);
  });

  it('do not survive a workflow that was broken: the first fact that differs is named, exit code 8', async () => {
    const { code, sum: replay } = await replayed(folder, 'changed');
    const verdicts = new Map(replay.verdicts.map((verdict) => [verdict.incident?.runId, verdict]));
    const told = runs.map((run) => toldVerdict(verdicts.get(run.bundle.incident.runId)));
    expect(otherwise(runs, told, runs.map(expectedOfLostRungs))).toEqual([]);
    expect(code).toBe(8);
    for (const verdict of replay.verdicts)
      expect('finding' in verdict && verdict.finding.likely?.edit).toContain('flush, throttle');
  });

  it.each(candidates)(
    'backtested with $title: the difference is exactly what it must be',
    async (candidate) => {
      const { expected } = candidate;
      const differences = await backtested(whole, candidate);
      const wanted = whole.map(({ plan }) => expected(plan));
      expect(otherwise(whole, differences.map(told), wanted, differences)).toEqual([]);
      expect(toldSum(sum(differences))).toEqual(
        expectedSum(whole.map(({ plan }) => [plan, expected(plan)] as const)),
      );
    },
  );
});
