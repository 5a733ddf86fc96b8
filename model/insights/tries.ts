import type { Fact } from '../facts.js';
import type { ChangeView, IncidentView } from '../view.js';
import { thresholds } from './thresholds.js';
import type { Try } from './types.js';

/** What became of every change that the incident planned, in the order of the ladder. */
export function triesOf(view: IncidentView, facts: readonly Fact[]): readonly Try[] {
  const known = knownOf(facts);
  return view.ladder.flatMap(({ changes }) => changes.map((change) => tryOf(change, view, known)));
}

/** What the facts say of changes, by their ids, that the view does not. */
interface Known {
  /** The runbook that was worked when it was planned: an incident may take up another one. */
  readonly runbooks: ReadonlyMap<string, string>;
  readonly asked: ReadonlySet<string>;
  /** Nobody knows whether it took effect. */
  readonly unknown: ReadonlySet<string>;
}

function knownOf(facts: readonly Fact[]): Known {
  const known = { runbooks: new Map<string, string>(), asked: new Set<string>(), unknown: new Set<string>() };
  let runbook = '';
  for (const fact of facts) {
    if (fact.type === 'opened' || fact.type === 'runbookChanged') runbook = fact.runbook;
    if (fact.type === 'planned') known.runbooks.set(fact.change.id, runbook);
    if (fact.type === 'decisionRequested') known.asked.add(fact.changeId);
    if (fact.type === 'notApplied' && fact.unknown) known.unknown.add(fact.changeId);
  }
  return known;
}

function tryOf(change: ChangeView, view: IncidentView, { runbooks, asked, unknown }: Known): Try {
  const { id, remedy, kind } = change.change;
  const { freedBytes, creditedTo, helped } = change;
  const result = resultOf(change);
  const measured = result === 'applied';
  return {
    runbook: runbooks.get(id) ?? view.runbook,
    remedy,
    kind,
    result,
    ...(result === 'refused' && { refusedBy: refuser(change) }),
    // What came free by something else than what it is for says nothing about how well it works.
    ...(measured && freedBytes !== undefined && creditedTo === undefined && { freedBytes }),
    ...(measured && helped !== undefined && { helped }),
    worse: unknown.has(id) || hasGrown(change, view),
    asked: asked.has(id),
  };
}

function resultOf({ state, effect }: ChangeView): Try['result'] {
  switch (state) {
    case 'applied':
    case 'rolled back':
      return effect === undefined || effect.status === 'applied' ? 'applied' : 'no effect';
    case 'not applied':
      return 'failed';
    case 'refused':
    case 'rejected':
    case 'expired':
    case 'void':
      return state;
    default:
      return 'left';
  }
}

function refuser({ verdicts }: ChangeView): string {
  return verdicts.find(({ says }) => says !== 'allow')?.guardrail ?? 'precondition';
}

/** Use had grown after it, by more than figures waver, and it did not help. */
function hasGrown({ freedBytes, helped }: ChangeView, { measure }: IncidentView): boolean {
  if (helped !== false || freedBytes === undefined || !measure) return false;
  return -freedBytes >= measure.limit * thresholds.worseShare;
}
