import type { Alert } from './alert.js';
import type { Fact } from './facts.js';
import type { Target } from './target.js';

/** What opens an old incident once more. */
export interface RerunPlan {
  /** Short id of the old one. */
  readonly of: string;
  readonly target: Target;
  readonly runbook: string;
  readonly severity: Alert['severity'];
  /** Absent where no monitoring system said anything: a person opened it. */
  readonly alert?: Pick<Alert, 'name' | 'severity' | 'labels' | 'annotations'>;
  /** Why the old one was opened, in words. */
  readonly reason: string;
}

/** What alerts are called that stand for a person. */
export const openedByHand = 'OpenedByHand';

/**
 * The rerun of an incident, from its facts: its first firing alert of the runbook that it was opened with.
 * Undefined where the facts don't say what it was about.
 */
export function rerunPlan(facts: readonly Fact[]): RerunPlan | undefined {
  const opened = facts.find((fact) => fact.type === 'opened');
  if (!opened) return undefined;
  const { target, runbook, shortId, by } = opened;
  const first = facts.find(
    (fact) =>
      fact.type === 'alert' &&
      fact.expected === undefined &&
      fact.alert.status === 'firing' &&
      fact.alert.runbook === runbook,
  );
  const alert = first?.type === 'alert' ? first.alert : undefined;
  const about = { of: shortId, target, runbook, severity: alert?.severity ?? 'warning' } as const;
  if (!alert || alert.name === openedByHand)
    return { ...about, reason: alert?.annotations.summary ?? `opened by ${by}` };
  const { name, severity, labels, annotations } = alert;
  return { ...about, alert: { name, severity, labels, annotations }, reason: `alert ${name}` };
}
