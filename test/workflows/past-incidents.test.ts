import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Archive, type ClosedRun, createArchive } from '../../archive/index.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { archiveAll, closedRuns } from '../support/generated/archived.js';
import { counted } from '../support/generated/counted.js';
import { planned } from '../support/generated/plan.js';
import { type Played, playAll } from '../support/generated/play.js';
import { Stage } from '../support/generated/stage.js';
import { type Bench, bench } from '../support/nightshift.js';
import { runbook as overflow } from '../support/tank/overflow.js';
import { runbook } from '../support/tank/runbook.js';

/** Another seed, other incidents; and where the archive is to stay, for a look at it by hand. */
const seed = Number(process.env.NIGHTSHIFT_SEED ?? 20_261_122);
const keptIn = process.env.NIGHTSHIFT_GENERATED_ARCHIVE;

describe('two hundred incidents of every shape', () => {
  let night: Bench;
  let played: readonly Played[];
  let folder = '';
  let archive: Archive;
  let runs: readonly ClosedRun[];
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
    runs = await closedRuns(night.client, played.length + others);
    expect(runs).toHaveLength(played.length + others);
    expect(await archiveAll(night.client, archive, runs)).toEqual({ written: runs.length, there: 0 });
    for await (const { file } of archive.list()) bundles.push(await archive.read(file));
    expect(bundles.map(({ incident }) => incident.runId).toSorted()).toEqual(
      runs.map(({ runId }) => runId).toSorted(),
    );
    expect(await archiveAll(night.client, archive, runs)).toEqual({ written: 0, there: runs.length });
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
});
