import type { Policy } from '../model/policy.js';
import type { AutonomyInput, PolicyInput } from './schema/policy.js';

type Groups = Readonly<Record<string, readonly string[]>>;

/** The policy with what is said put over it. What is not said stays. */
export function withPolicy(base: Policy, said: PolicyInput | undefined, groups: Groups): Policy {
  if (said === undefined) return base;
  const { thresholds, deadlines, soak, holdOff, budget } = said;
  return {
    ...base,
    thresholds: {
      warningPercent: thresholds?.warning ?? base.thresholds.warningPercent,
      criticalPercent: thresholds?.critical ?? base.thresholds.criticalPercent,
    },
    remediesOff: said.remediesOff ?? base.remediesOff,
    decisions: withDecisions(base.decisions, said.decisions, groups),
    budget: {
      perObjectPerHour: budget?.perObjectPerHour ?? base.budget.perObjectPerHour,
      perScopePerHour: budget?.perScopePerHour ?? base.budget.perScopePerHour,
      atOnce: budget?.atOnce ?? base.budget.atOnce,
    },
    cooldownSeconds: said.cooldown ?? base.cooldownSeconds,
    deadlines: {
      warningSeconds: deadlines?.warning ?? base.deadlines.warningSeconds,
      criticalSeconds: deadlines?.critical ?? base.deadlines.criticalSeconds,
    },
    settleSeconds: said.settle ?? base.settleSeconds,
    soak: { seconds: soak?.time ?? base.soak.seconds, everySeconds: soak?.every ?? base.soak.everySeconds },
    pauseLimitSeconds: said.pauseLimit ?? base.pauseLimitSeconds,
    holdOff: {
      firstSeconds: holdOff?.first ?? base.holdOff.firstSeconds,
      maxSeconds: holdOff?.max ?? base.holdOff.maxSeconds,
    },
  };
}

function withDecisions(
  base: Policy['decisions'],
  said: PolicyInput['decisions'],
  groups: Groups,
): Policy['decisions'] {
  if (said === undefined) return base;
  const timeLimitSeconds = said.timeLimit ?? base.timeLimitSeconds;
  // A reminder belongs to its time limit: where only the limit is given, it comes after half of it.
  const inherited = said.timeLimit === undefined ? base.reminderSeconds : Math.round(timeLimitSeconds / 2);
  return {
    group: peopleOf(said.group, groups) ?? base.group,
    secondGroup: peopleOf(said.secondGroup, groups) ?? base.secondGroup,
    approvals: said.approvals ?? base.approvals,
    timeLimitSeconds,
    reminderSeconds: said.reminder ?? inherited,
    onExpiry: said.onExpiry ?? base.onExpiry,
    notTheRequester: said.notTheRequester ?? base.notTheRequester,
    trustTemporalAccess: said.trustTemporalAccess ?? base.trustTemporalAccess,
  };
}

function peopleOf(
  said: string | readonly string[] | undefined,
  groups: Groups,
): readonly string[] | undefined {
  if (typeof said !== 'string') return said;
  // An unknown group is reported by the checks. Were it empty instead, anybody could decide.
  return (Object.hasOwn(groups, said) ? groups[said] : undefined) ?? [`group ${said}, which does not exist`];
}

/** A target that says nothing of autonomy is only observed. */
export function autonomyOf(said: AutonomyInput | undefined): Policy['autonomy'] {
  if (said === undefined || typeof said === 'string')
    return { target: said ?? 'observe', byDisruption: {}, byKind: {} };
  return {
    target: said.target ?? 'observe',
    byDisruption: said.byDisruption ?? {},
    byKind: said.byKind ?? {},
  };
}
