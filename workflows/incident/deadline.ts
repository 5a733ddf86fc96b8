import { CancellationScope, condition, isCancellation, patched, workflowInfo } from '@temporalio/workflow';
import type { Incident } from './incident.js';

/** What a restart takes, roughly: people must be told so much before the limit is reached. */
const restartSeconds = 60;
/** Until the first look brings the policy: the design's own figures. */
const unknownPolicyDeadlines = { warningSeconds: 900, criticalSeconds: 300 };
/** However near the limit, the ladder gets this long first. */
const leastSeconds = 30;

/**
 * Sets the time at which people are told whatever the state: by severity, and never later than the predicted
 * limit less the time of a restart. It only ever moves nearer; but see `relaxDeadline`.
 */
export function extendDeadline(incident: Incident): void {
  const { look, diagnosis } = incident;
  if (incident.deadlinePassed) return;
  const critical = incident.severity === 'critical';
  const byLevel = dueByLevel(incident, critical);
  const toLimit = diagnosis?.level === 'normal' ? undefined : diagnosis?.growth?.secondsToLimit;
  const byGrowth =
    toLimit === undefined
      ? Number.POSITIVE_INFINITY
      : incident.now() + Math.max(leastSeconds, toLimit - restartSeconds) * 1000;
  const due = Math.min(byLevel, byGrowth);
  const provisional = look !== undefined && incident.deadlineProvisional;
  incident.deadlineProvisional = look === undefined;
  if (!provisional && incident.deadline !== undefined && due >= Date.parse(incident.deadline)) return;
  if (due === (incident.deadline && Date.parse(incident.deadline))) return;
  incident.deadline = new Date(due).toISOString();
  const why = byGrowth < byLevel ? 'the limit is predicted soon after' : critical ? 'critical' : 'warning';
  incident.append({ type: 'deadlineSet', due: incident.deadline, why });
}

/** The time that the level alone gives, ms. */
function dueByLevel(incident: Incident, critical: boolean): number {
  const { look } = incident;
  // It counts from the alert, not from when a worker came to it. The provisional one gives the first look its time.
  const opened = incident.takenUpAt ?? (look ? workflowInfo().startTime.getTime() : incident.now());
  const { warningSeconds, criticalSeconds } = look?.policy.deadlines ?? unknownPolicyDeadlines;
  return critical
    ? Math.max(opened, firstCritical(incident)) + criticalSeconds * 1000
    : opened + warningSeconds * 1000;
}

/**
 * After a change that helped, the limit that was predicted before it is no reason to wake anybody: the time that the
 * level gives counts again. What grows on is measured anew, and brings the deadline near again.
 */
export function relaxDeadline(incident: Incident): void {
  if (incident.deadline === undefined || incident.deadlinePassed) return;
  const due = dueByLevel(incident, incident.severity === 'critical');
  if (due <= Date.parse(incident.deadline) || !patched('relax-deadline')) return;
  incident.deadline = new Date(due).toISOString();
  incident.append({
    type: 'deadlineSet',
    due: incident.deadline,
    why: 'what was done helped, so the limit is no longer near',
  });
}

function firstCritical(incident: Incident): number {
  incident.criticalSince ??= incident.now();
  return incident.criticalSince;
}

/** Waits for the deadline beside the ladder, and tells people when it comes. Ends when the incident does. */
export function watchDeadline(incident: Incident): CancellationScope {
  const scope = new CancellationScope();
  const watching = scope.run(async () => {
    for (;;) {
      await condition(() => incident.deadline !== undefined && !incident.deadlinePassed);
      const due = incident.deadline as string;
      const left = Math.max(1, Date.parse(due) - incident.now());
      if (await condition(() => incident.deadline !== due, left)) continue;
      incident.deadlinePassed = true;
      incident.append({ type: 'deadlinePassed', why: 'the incident has not ended in its time' });
      escalate(incident, `not recovered by its deadline: ${stateInWords(incident)}`);
    }
  });
  watching.catch((error) => {
    if (!isCancellation(error)) throw error;
  });
  return scope;
}

/** People are told, once per incident and reason; the incident goes on. */
export function escalate(incident: Incident, why: string): void {
  incident.escalated = true;
  const points = pointsOf(incident);
  incident.append({
    type: 'escalated',
    why,
    severity: incident.severity,
    ...(points.length > 0 && { points }),
  });
  const text = [why, ...points.map((point) => `- ${point}`)].join('\n');
  incident.messenger.send('escalation', `${incident.input.target.key}: ${why}`, text);
}

/** What the runbook has for whoever takes over. Its defect must not keep people from being told. */
function pointsOf({ runbook, firstLook, look, diagnosis, samples, applied }: Incident): readonly string[] {
  if (!runbook.escalation || !firstLook || !look || !diagnosis) return [];
  try {
    return runbook.escalation({ first: firstLook, latest: look, samples, diagnosis, applied });
  } catch (error) {
    return [`the runbook's points could not be made: ${String(error)}`];
  }
}

function stateInWords(incident: Incident): string {
  if (incident.pausedUntil !== undefined) return 'paused';
  if (incident.desk.open) return `a decision is open: ${incident.desk.open.change.sentence}`;
  if (!incident.look?.measure) return 'the target could not be read';
  return `${incident.look.measure.percent.toFixed(0)} % at the last look`;
}
