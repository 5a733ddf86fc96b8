import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archive, type ClosedRun, createArchive } from '../../archive/index.js';
import { compare } from '../../model/backtest/compare.js';
import type { IncidentDifference } from '../../model/backtest/difference.js';
import { sum } from '../../model/backtest/sum.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { digest } from '../../model/digest.js';
import { insightsOf } from '../../model/insights/insights.js';
import { summarise } from '../../model/insights/summarise.js';
import type { Policy } from '../../model/policy.js';
import { Backtest } from '../../replay/backtest/index.js';
import { fromBundle } from '../../replay/recording.js';
import { type Bundle, workflowBundle } from '../../worker/bundle.js';
import { archiveAll, closedRuns } from '../support/generated/archived.js';
import { counted } from '../support/generated/counted.js';
import {
  type Expected,
  expectedOfDemanding,
  expectedSum,
  expectedWithoutAsking,
  expectedWithoutRestarts,
  told,
  toldSum,
  unchanged,
  withoutAsking,
  withoutRestarts,
} from '../support/generated/expected.js';
import { expectedInsights, toldInsights } from '../support/generated/expected-insights.js';
import { type Planned, planned } from '../support/generated/plan.js';
import { type Played, playAll } from '../support/generated/play.js';
import { type KnownRun, knownRuns } from '../support/generated/runs.js';
import { Stage } from '../support/generated/stage.js';
import { type Bench, bench } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';

/** Another seed, other incidents; and where the archive is to stay, for a look at it by hand. */
const seed = Number(process.env.NIGHTSHIFT_SEED ?? 20_261_122);
const keptIn = process.env.NIGHTSHIFT_GENERATED_ARCHIVE;
const module = (name: string): string =>
  fileURLToPath(new URL(`../support/tank/${name}.js`, import.meta.url));

interface Candidate {
  readonly title: string;
  /** The tank's runbook that is tried. */
  readonly runbook: 'runbook' | 'demanding';
  readonly policy: (recorded: Policy) => Policy;
  readonly expected: (plan: Planned) => Expected;
}

const asItWas = (policy: Policy): Policy => policy;
const candidates: readonly Candidate[] = [
  { title: 'nothing changed', runbook: 'runbook', policy: asItWas, expected: unchanged },
  {
    title: 'a policy without restarts',
    runbook: 'runbook',
    policy: withoutRestarts,
    expected: expectedWithoutRestarts,
  },
  {
    title: 'a policy that restarts without asking',
    runbook: 'runbook',
    policy: withoutAsking,
    expected: expectedWithoutAsking,
  },
  {
    title: 'a runbook whose restart demands more',
    runbook: 'demanding',
    policy: asItWas,
    expected: expectedOfDemanding,
  },
];

const codes = new Map<string, Promise<Bundle>>();

/** Today's code with that runbook for the tank. */
function codeWith(runbook: string): Promise<Bundle> {
  const code = codes.get(runbook) ?? workflowBundle([module(runbook), module('overflow')]);
  codes.set(runbook, code);
  return code;
}

async function backtested(
  runs: readonly KnownRun[],
  { runbook: name, policy }: Candidate,
): Promise<readonly IncidentDifference[]> {
  const bundle = await codeWith(name);
  const backtest = new Backtest({
    bundle,
    policy: (_target, recorded) => ({ policy: policy(recorded), digest: digest(policy(recorded)) }),
  });
  const differences: IncidentDifference[] = [];
  try {
    for (const { bundle: one } of runs) {
      const { incident, facts: recorded = [] } = one;
      const candidate = await backtest.run(fromBundle(incident.shortId, one));
      differences.push(compare({ incident, recorded, candidate }));
    }
    return differences;
  } finally {
    await backtest.close();
  }
}

describe('two hundred incidents of every shape', () => {
  let night: Bench;
  let played: readonly Played[];
  let folder = '';
  let archive: Archive;
  let closed: readonly ClosedRun[];
  /** All of them, and those with a result: what a backtest can be held against. */
  let runs: readonly KnownRun[];
  let whole: readonly KnownRun[];
  const bundles: IncidentBundle[] = [];
  beforeAll(async () => {
    const stage = new Stage();
    night = await bench(stage, [runbook, overflow]);
    await night.startWorkers();
    const began = Date.now();
    played = await playAll(night, stage, planned(200, seed));
    console.log(`seed ${seed}: ${played.length} incidents played in ${Date.now() - began} ms`);
    folder = keptIn ?? (await mkdtemp(join(tmpdir(), 'nightshift-generated-')));
    archive = createArchive(folder, { create: true });
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

  it('are archived, every run once, and a second pass writes nothing', async () => {
    const others = played.reduce((sum, { known }) => sum + known.others, 0);
    closed = await closedRuns(night.client, played.length + others);
    expect(closed).toHaveLength(played.length + others);
    expect(await archiveAll(night.client, archive, closed)).toEqual({ written: closed.length, there: 0 });
    for await (const { file } of archive.list()) bundles.push(await archive.read(file));
    expect(bundles.map(({ incident }) => incident.runId).toSorted()).toEqual(
      closed.map(({ runId }) => runId).toSorted(),
    );
    expect(await archiveAll(night.client, archive, closed)).toEqual({ written: 0, there: closed.length });
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

  it.each(candidates)(
    'backtested with $title: the difference is exactly what it must be',
    async (candidate) => {
      const { expected } = candidate;
      const differences = await backtested(whole, candidate);
      const named = (n: number) => `${whole[n]?.plan.kind} ${whole[n]?.plan.name}`;
      expect(differences.map((difference, n) => [named(n), told(difference)])).toEqual(
        whole.map(({ plan }, n) => [named(n), expected(plan)]),
      );
      expect(toldSum(sum(differences))).toEqual(
        expectedSum(whole.map(({ plan }) => [plan, expected(plan)] as const)),
      );
    },
  );
});
