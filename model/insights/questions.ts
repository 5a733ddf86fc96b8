import type { Fact, FactOf } from '../facts.js';
import { secondsBetween } from '../format.js';
import type { IncidentView } from '../view.js';
import type { Question } from './types.js';

/** Every question that was put to people and came to an end; the same change may be asked about twice. */
export function questionsOf(facts: readonly Fact[], view: IncidentView): readonly Question[] {
  const planned = new Map<string, FactOf<'planned'>>();
  const open = new Map<string, FactOf<'decisionRequested'>>();
  const questions: Question[] = [];
  for (const fact of facts) {
    if (fact.type === 'planned') planned.set(fact.change.id, fact);
    if (fact.type === 'decisionRequested') open.set(fact.changeId, fact);
    if (fact.type !== 'decided') continue;
    const request = open.get(fact.changeId);
    const plan = planned.get(fact.changeId);
    if (request && plan) questions.push(question(plan, request, fact, view));
    open.delete(fact.changeId);
  }
  return questions;
}

function question(
  { change, verdicts }: FactOf<'planned'>,
  request: FactOf<'decisionRequested'>,
  { at, answer }: FactOf<'decided'>,
  view: IncidentView,
): Question {
  const asking = verdicts.filter(({ says }) => says === 'ask').map(({ guardrail }) => guardrail);
  const { helped } =
    view.ladder.flatMap(({ changes }) => changes).find((each) => each.change.id === change.id) ?? {};
  return {
    kind: change.kind,
    remedy: change.remedy,
    disruption: change.disruption,
    alwaysAsk: change.alwaysAsk,
    // All guardrails allowed it: then it was the governor that wanted a person.
    askedBy: asking.length > 0 ? asking : ['recurrence'],
    at: request.at,
    seconds: Math.max(0, secondsBetween(request.at, at)),
    answer,
    ...(answer === 'approved' && helped !== undefined && { helped }),
  };
}
