import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { BacktestRun } from '../../../model/backtest/types.js';
import type { Fact, FactOf } from '../../../model/facts.js';
import type { JsonObject } from '../../../model/json.js';
import type { Policy } from '../../../model/policy.js';
import { Backtest, type CandidatePolicy } from '../../../replay/backtest/index.js';
import { versionIn } from '../../../replay/compare.js';
import { fromHistory } from '../../../replay/recording.js';
import type { Recording } from '../../../replay/types.js';
import { bundle } from '../../../worker/bundle.js';

export const folder = fileURLToPath(new URL('../../histories/', import.meta.url));

/** Absolute path of a module in test/support/tank. */
export function tankModule(name: string): string {
  return fileURLToPath(new URL(`../../support/tank/${name}.js`, import.meta.url));
}

export function recording(name: string): Recording {
  return fromHistory(name, JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')));
}

/** Every recorded incident: whatever has facts. */
export function incidents(): readonly string[] {
  return readdirSync(folder)
    .map((file) => file.replace(/\.json$/, ''))
    .filter((name) => recording(name).facts !== undefined);
}

let now: Promise<Backtest> | undefined;
let inForce: (policy: Policy) => Partial<Policy> = () => ({});

const policy: CandidatePolicy = (_target, recorded) => ({
  policy: { ...recorded, ...inForce(recorded) },
  digest: 'candidate',
});

/** Today's code: the tanks' runbooks and the shipped ones. */
export async function today(given?: CandidatePolicy): Promise<Backtest> {
  const code = await bundle([tankModule('runbook'), tankModule('overflow')]);
  return new Backtest({ bundle: { code }, ...(given && { policy: given }) });
}

/** Another runbook under the tank's name. */
export async function candidate(name: string): Promise<Backtest> {
  return new Backtest({ bundle: { code: await bundle([tankModule(`candidates/${name}`)]) } });
}

/** Today's code under another policy; loaded once a test file. */
export async function under(name: string, change: (policy: Policy) => Partial<Policy>): Promise<BacktestRun> {
  now ??= today(policy);
  inForce = change;
  return (await now).run(recording(name));
}

export async function once(backtest: Backtest, given: Recording): Promise<BacktestRun> {
  try {
    return await backtest.run(given);
  } finally {
    await backtest.close();
  }
}

/**
 * All that must be the same where nothing was changed. Deliveries to people come from another workflow; advice is no
 * deed, and gets better: recordings are from before that against the cause outlived the recovery.
 */
export function told(facts: readonly Fact[]): readonly object[] {
  return facts
    .filter(({ type }) => type !== 'notified')
    .map(({ n: _, ...fact }) => (fact.type === 'closed' ? { ...fact, recommendations: [] } : fact));
}

/**
 * What a run and its recording both tell. Rules of another version than the recording's put it in other words, and
 * weigh it otherwise: then what was done must be the same, and how it ended.
 */
export function bothTold(
  run: readonly Fact[],
  recorded: readonly Fact[],
): readonly [readonly object[], readonly object[]] {
  const same = versionIn(run) === versionIn(recorded);
  return same ? [told(run), told(recorded)] : [done(run), done(recorded)];
}

function done(facts: readonly Fact[]): readonly object[] {
  return facts.flatMap((fact) => {
    if (fact.type === 'applied') return { applied: fact.changeId, effect: fact.effect };
    if (fact.type === 'rolledBack') return { rolledBack: fact.changeId };
    return fact.type === 'closed' ? { outcome: fact.outcome } : [];
  });
}

export function factsOf<T extends Fact['type']>({ facts }: BacktestRun, type: T): readonly FactOf<T>[] {
  return facts.filter((fact): fact is FactOf<T> => fact.type === type);
}

export function outcome(run: BacktestRun): string | undefined {
  return factsOf(run, 'closed')[0]?.outcome;
}

/** Kinds of the changes that were applied, in order. */
export function applied(run: BacktestRun): readonly string[] {
  const planned = new Map(factsOf(run, 'planned').map(({ change }) => [change.id, change.kind]));
  return factsOf(run, 'applied').map(({ changeId }) => planned.get(changeId) ?? changeId);
}

/** The recording up to where `last` says (that event included), terminated there. */
export function terminated(given: Recording, last: (event: JsonObject) => boolean): Recording {
  const { events } = given.history;
  const at = events.findIndex(last);
  const kept = events.slice(0, at + 1);
  const { eventTime } = events[at] as JsonObject;
  const end = {
    eventId: String(kept.length + 1),
    eventTime: eventTime as string,
    eventType: 'EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED',
    workflowExecutionTerminatedEventAttributes: { reason: 'test' },
  };
  const { facts: _, ...rest } = given;
  return { ...rest, history: { events: [...kept, end] } };
}
