import type { Fact, FactOf } from '../../../model/facts.js';
import type { Known } from './known.js';

/** What the facts say of the same that known.ts says of the shape. */
export function counted(facts: readonly Fact[]): Omit<Known, 'others' | 'slow'> {
  const applied = (kind: string): number =>
    facts.filter(
      (fact) => fact.type === 'applied' && fact.effect.status === 'applied' && kindOf(facts, fact) === kind,
    ).length;
  const decided = (answer: FactOf<'decided'>['answer']): number =>
    facts.filter((fact) => fact.type === 'decided' && fact.answer === answer).length;
  return {
    asked: facts.filter(({ type }) => type === 'decisionRequested').length,
    approved: decided('approved'),
    rejected: decided('rejected'),
    flushes: applied('tank.flush'),
    throttles: applied('tank.throttle'),
    restarts: applied('tank.restart'),
  };
}

function kindOf(facts: readonly Fact[], { changeId }: FactOf<'applied'>): string | undefined {
  const planned = facts.find((fact) => fact.type === 'planned' && fact.change.id === changeId);
  return planned?.type === 'planned' ? planned.change.kind : undefined;
}
