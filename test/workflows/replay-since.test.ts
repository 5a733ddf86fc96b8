import '../support/quiet.js';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createArchive } from '../../archive/archive.js';
import { collectBundle } from '../../archive/collect.js';
import type { Archive } from '../../archive/types.js';
import { runCli } from '../../client/cli/run.js';
import { recordingsOf, type Sources } from '../../replay/index.js';
import { alertFor, type Bench, bench } from '../support/nightshift.js';
import { runbook } from '../support/tank/runbook.js';
import { World } from '../support/tank/world.js';
import { fakeIo } from '../unit/cli/fake-io.js';

const world = new World();
let night: Bench;
let folder: string;
let archive: Archive;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nightshift-test-since-'));
  archive = createArchive(folder);
  night = await bench(world, [runbook]);
  await night.startWorkers();
});
afterAll(async () => {
  await night?.close();
  await rm(folder, { recursive: true, force: true });
});

async function ended(name: string): Promise<WorkflowHandle> {
  world.tank(`tanks/here/${name}`, { flushedTo: 40 });
  const handle = await night.open(name, alertFor());
  await night.result(handle);
  const { runId, workflowId } = await handle.describe();
  return night.client.workflow.getHandle(workflowId, runId);
}

async function names(sources: Sources): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { workflowId, facts } of recordingsOf(sources)) {
    expect(facts?.at(-1)).toMatchObject({ type: 'closed', outcome: 'recovered' });
    found.push(workflowId);
  }
  return found.toSorted();
}

it('what ended is had from the server and the archive, each incident once, and from the archive alone', async () => {
  const since = new Date(Date.now() - 60_000).toISOString();
  const both = await ended('in-both');
  await ended('not-yet-archived');
  const run = { workflowId: both.workflowId, runId: (await both.describe()).runId };
  await archive.write(await collectBundle(night.client, run));

  const { client } = night;
  const all = ['incident/tanks/here/in-both', 'incident/tanks/here/not-yet-archived'];
  // Visibility is behind by a moment.
  await expect.poll(() => names({ since, client, archive }), { timeout: 20_000, interval: 500 }).toEqual(all);
  expect(await names({ since, archive })).toEqual(all.slice(0, 1));
  expect(await names({ since, client, archive, target: 'tanks/here/not-yet-archived' })).toEqual(
    all.slice(1),
  );
  expect(await names({ since: new Date(Date.now() + 60_000).toISOString(), client, archive })).toEqual([]);
});

it('with the server down the archive is replayed, and it is said what is left out', async () => {
  const { io, written } = fakeIo({ cwd: folder, now: () => new Date() });
  const code = await runCli(
    ['replay', '--since', '1h', '--temporal', '127.0.0.1:9', '--archive', folder],
    io,
  );
  expect(written.err).toContain(`Only the archive ${folder} is replayed: what is not in it yet is left out.`);
  // The tests' own runbook is not among those that are shipped.
  expect(written.out).toContain('TANK-1 was removed or renamed');
  expect(written.out).toContain('1 replayed: 0 the same, 1 diverged.');
  expect(code).toBe(8);
});
