import '../support/quiet.js';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ReplayResult, Worker } from '@temporalio/worker';
import { DeterminismViolationError } from '@temporalio/workflow';
import { beforeAll, describe, expect, it } from 'vitest';
import { fold } from '../../model/fold.js';
import { bundle } from '../../worker/bundle.js';
import type { IncidentResult } from '../../workflows/contract.js';
import { entities } from '../support/histories/entities.js';
import { decode, type Kept } from '../support/histories/keep.js';
import { firstVersionShapes, kubernetesShapes } from '../support/histories/kubernetes-shapes.js';
import { realShapes } from '../support/histories/real-shapes.js';
import { unlike } from '../support/histories/shape.js';
import { tankShapes } from '../support/histories/tank-shapes.js';

const folder = fileURLToPath(new URL('../histories/', import.meta.url));
const module = (name: string): string =>
  fileURLToPath(new URL(`../support/tank/${name}.js`, import.meta.url));
const shapes = [...tankShapes, ...realShapes, ...firstVersionShapes, ...kubernetesShapes];
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''));
const mend = 'record it: node scripts/record-histories.mjs (docs/histories.md)';

function read(name: string): Kept {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Kept;
}

/** What the incident came to, as its last event says. */
function resultOf({ history: { events } }: Kept): Pick<IncidentResult, 'outcome' | 'facts'> {
  const end = events.at(-1) as {
    workflowExecutionCompletedEventAttributes?: { result: { payloads: { data: string }[] } };
  };
  const data = end.workflowExecutionCompletedEventAttributes?.result.payloads[0]?.data;
  if (data === undefined) throw new Error('it has no result');
  return JSON.parse(decode(data)) as IncidentResult;
}

async function replay(code: string, wanted: readonly string[]): Promise<ReadonlyMap<string, ReplayResult>> {
  const histories = wanted.map((name) => ({ workflowId: name, history: read(name).history }));
  const results = new Map<string, ReplayResult>();
  for await (const result of Worker.runReplayHistories({ workflowBundle: { code } }, histories))
    results.set(result.workflowId, result);
  return results;
}

describe('recorded histories', () => {
  let results: ReadonlyMap<string, ReplayResult>;
  beforeAll(async () => {
    results = await replay(await bundle([module('runbook'), module('overflow')]), names);
  });

  it('are there for every shape of an incident, and for no other', () => {
    const wanted = [...shapes.map(({ name }) => name), ...entities];
    expect(names.toSorted(), mend).toEqual(wanted.toSorted());
  });

  it.each(names)('%s replays through today’s code', (name) => {
    const result = results.get(name);
    expect(result).toBeDefined();
    expect(result?.error?.message).toBeUndefined();
  });

  it.each(shapes)('$name is of its shape, and today’s fold reads its facts', (shape) => {
    const { outcome, facts } = resultOf(read(shape.name));
    expect(unlike(shape, { outcome, facts }), mend).toBeUndefined();
    expect(fold(facts)).toMatchObject({ outcome, phase: 'closed' });
  });

  it('replay no longer where a runbook’s ladder was changed: the replay can fail', async () => {
    const changed = await bundle([module('changed'), module('overflow')]);
    const wanted = ['recovered-by-a-gentle-remedy', 'declined'];
    const after = await replay(changed, wanted);
    expect(after.get('recovered-by-a-gentle-remedy')?.error).toBeInstanceOf(DeterminismViolationError);
    // It only lost rungs that were switched off in this one.
    expect(after.get('declined')?.error).toBeUndefined();
  });
});
