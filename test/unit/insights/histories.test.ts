import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Fact, Outcome } from '../../../model/facts.js';
import { insightsOf } from '../../../model/insights/insights.js';
import { summarise } from '../../../model/insights/summarise.js';
import type { IncidentSummary } from '../../../model/insights/types.js';
import { decode, type Kept } from '../../support/histories/keep.js';

const folder = fileURLToPath(new URL('../../histories/', import.meta.url));
const period = { since: '2026-01-01T00:00:00.000Z', until: '2027-01-01T00:00:00.000Z' };

interface Recorded {
  readonly name: string;
  readonly outcome: Outcome;
  readonly facts: readonly Fact[];
}

/** All recorded incidents: the end of each history has its facts. */
async function recorded(): Promise<readonly Recorded[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const read = names.map(async (name): Promise<Recorded[]> => {
    const { history, workflowId } = JSON.parse(await readFile(join(folder, name), 'utf8')) as Kept;
    const end = history.events.at(-1) as {
      workflowExecutionCompletedEventAttributes?: { result: { payloads: { data: string }[] } };
    };
    const data = end.workflowExecutionCompletedEventAttributes?.result?.payloads[0]?.data;
    if (data === undefined || !workflowId.startsWith('incident/')) return [];
    const { outcome, facts } = JSON.parse(decode(data)) as Recorded;
    return [{ name, outcome, facts }];
  });
  return (await Promise.all(read)).flat();
}

function summaryOf({ facts }: Recorded): IncidentSummary {
  const opened = facts.find((fact) => fact.type === 'opened');
  if (!opened) throw new Error('it has no beginning');
  const { shortId, target, runbook, at } = opened;
  const closedAt = facts.at(-1)?.at ?? at;
  return summarise(
    { shortId, targetKey: target.key, runbook, status: 'COMPLETED', openedAt: at, closedAt },
    facts,
  );
}

describe('the recorded incidents', () => {
  let all: readonly Recorded[] = [];
  beforeAll(async () => {
    all = await recorded();
  });

  it('come to what is in their facts', () => {
    expect(all.length).toBeGreaterThan(30);
    const insights = insightsOf(all.map(summaryOf), period, 'of the tests');
    const real = all.filter(({ facts }) => facts.some((fact) => fact.type === 'opened' && !fact.observeOnly));
    expect(insights.incidents).toBe(real.length);
    expect(insights.rehearsals.count).toBe(all.length - real.length);
    expect(insights.rehearsals.count).toBeGreaterThan(0);
    for (const { outcome, behind } of insights.outcomes)
      expect(behind.count).toBe(real.filter((one) => one.outcome === outcome).length);
    const facts = real.flatMap((one) => one.facts);
    const answers = facts.flatMap((fact) => (fact.type === 'decided' ? [fact.answer] : []));
    for (const answer of ['approved', 'rejected', 'expired', 'void'] as const)
      expect(insights.decisions[answer], answer).toBe(answers.filter((each) => each === answer).length);
    const applied = facts.filter((fact) => fact.type === 'applied' && fact.effect.status === 'applied');
    expect(insights.rungs.reduce((sum, rung) => sum + rung.applied, 0)).toBe(applied.length);
    const planned = new Set(facts.flatMap((fact) => (fact.type === 'planned' ? [fact.change.id] : [])));
    expect(insights.rungs.reduce((sum, rung) => sum + rung.tried, 0)).toBe(planned.size);
  });
});
