import type { Fact } from '../facts.js';
import type { ChangeView, IncidentView } from '../view.js';
import { thresholds } from './thresholds.js';
import type { Try } from './types.js';

/** What became of every change that the incident planned, in the order of the ladder. */
export function triesOf(view: IncidentView, facts: readonly Fact[]): readonly Try[] {
  const runbooks = runbookOfEach(facts);
  return view.ladder.flatMap(({ changes }) =>
    changes.map((change) => tryOf(change, runbooks.get(change.change.id) ?? view.runbook, view)),
  );
}

/** The runbook that was worked when each change was planned: an incident may take up another one. */
function runbookOfEach(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const runbooks = new Map<string, string>();
  let runbook = '';
  for (const fact of facts) {
    if (fact.type === 'opened' || fact.type === 'runbookChanged') runbook = fact.runbook;
    if (fact.type === 'planned') runbooks.set(fact.change.id, runbook);
  }
  return runbooks;
}

function tryOf(change: ChangeView, runbook: string, view: IncidentView): Try {
  const { remedy, kind } = change.change;
  const { freedBytes, helped } = change;
  const result = resultOf(change);
  const measured = result === 'applied';
  return {
    runbook,
    remedy,
    kind,
    result,
    ...(result === 'refused' && { refusedBy: refuser(change) }),
    ...(measured && freedBytes !== undefined && { freedBytes }),
    ...(measured && helped !== undefined && { helped }),
    worse: isWorse(change, view),
    asked: change.verdicts.some(({ says }) => says === 'ask') || change.answers.length > 0,
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

/** Use had grown after it and it did not help; or nobody knows whether it took effect. */
function isWorse({ freedBytes, helped, why, state }: ChangeView, { measure }: IncidentView): boolean {
  if (state === 'not applied') return why.endsWith(unknownEffect);
  if (helped !== false || freedBytes === undefined || !measure) return false;
  return -freedBytes >= measure.limit * thresholds.worseShare;
}

/** As the fold says it. */
const unknownEffect = 'Whether it took effect is not known.';
