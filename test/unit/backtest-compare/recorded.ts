import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BacktestPair, BacktestRun } from '../../../model/backtest/types.js';
import type { BundledIncident } from '../../../model/bundle/types.js';
import type { Fact, FactBody, FactOf } from '../../../model/facts.js';
import { product } from '../../../model/product.js';
import type { IncidentResult } from '../../../workflows/contract.js';
import { decode, type Kept } from '../../support/histories/keep.js';

const folder = fileURLToPath(new URL('../../histories/', import.meta.url));

/** The recorded histories that have facts: those of incidents. */
export const recordedNames: readonly string[] = readdirSync(folder)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace(/\.json$/, ''))
  .filter((name) => resultOf(name) !== undefined);

function resultOf(name: string): readonly Fact[] | undefined {
  const { history } = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Kept;
  const end = history.events.at(-1) as {
    workflowExecutionCompletedEventAttributes?: { result?: { payloads: { data: string }[] } };
  };
  const data = end.workflowExecutionCompletedEventAttributes?.result?.payloads[0]?.data;
  return data === undefined ? undefined : (JSON.parse(decode(data)) as Partial<IncidentResult>).facts;
}

/** The facts of a recorded incident. */
export function recordedFacts(name: string): readonly Fact[] {
  const facts = resultOf(name);
  if (!facts) throw new Error(`${name} has no facts`);
  return facts;
}

/** What a list would show of it. */
export function incidentOf(facts: readonly Fact[]): BundledIncident {
  const opened = facts[0] as FactOf<'opened'>;
  const closed = facts.at(-1) as Fact;
  return {
    shortId: opened.shortId,
    workflowId: `incident/${opened.target.key}`,
    runId: opened.runId,
    target: opened.target,
    runbook: opened.runbook,
    runbookVersion: opened.runbookVersion,
    product,
    status: 'COMPLETED',
    ...(closed.type === 'closed' && { outcome: closed.outcome }),
    openedAt: opened.at,
    closedAt: closed.at,
    alerts: facts.flatMap((fact) => (fact.type === 'alert' ? [fact.alert.name] : [])),
  };
}

/** A recorded incident beside what a candidate made of it. */
export function pairOf(
  recorded: readonly Fact[],
  facts: readonly Fact[],
  more: Partial<BacktestRun> = {},
): BacktestPair {
  return { incident: incidentOf(recorded), recorded, candidate: { facts, stretchedSeconds: 0, ...more } };
}

/** Facts edited one by one: null takes one out, a list puts several in its place. All are numbered anew. */
export function edited(
  facts: readonly Fact[],
  edit: (fact: Fact) => Fact | readonly Fact[] | null | undefined,
): readonly Fact[] {
  return facts
    .flatMap((fact) => {
      const after = edit(fact);
      return after === null ? [] : (after ?? fact);
    })
    .map((fact, index) => ({ ...fact, n: index + 1 }));
}

/** Everything from that fact on comes so many seconds later (or, below zero, sooner). */
export function shifted(
  facts: readonly Fact[],
  from: (fact: Fact) => boolean,
  seconds: number,
): readonly Fact[] {
  const first = facts.findIndex(from);
  return facts.map((fact, index) => (index < first ? fact : { ...fact, at: later(fact.at, seconds) }));
}

export function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

/** Cut off after the first fact of which this is true. */
export function upTo(facts: readonly Fact[], last: (fact: Fact) => boolean): readonly Fact[] {
  return facts.slice(0, facts.findIndex(last) + 1);
}

export function isType<Type extends FactBody['type']>(type: Type) {
  return (fact: Fact): fact is FactOf<Type> => fact.type === type;
}
