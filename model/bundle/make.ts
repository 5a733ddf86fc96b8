import { shortId } from '../digest.js';
import { type Fact, type Outcome, outcomes } from '../facts.js';
import type { Json, JsonObject } from '../json.js';
import type { Policy } from '../policy.js';
import type { Target } from '../target.js';
import type { IncidentView } from '../view.js';
import { activityResults, attributesOf, eventTime, eventType } from './events.js';
import { fact } from './fact-shapes.js';
import { isObject, payloadValues } from './payloads.js';
import { policyShape } from './policy-shape.js';
import { redactHistory } from './redact-history.js';
import { type BundleParts, type Sha256, sealBundle } from './seal.js';
import { isShallow, list, members, oneOf, text, time } from './shape.js';
import type { BundledIncident, IncidentBundle, PolicyInForce, RunStatus } from './types.js';

/** What is known of a run besides its history. */
export interface RecordedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly namespace: string;
  /** Temporal's own JSON, as it came from the server. */
  readonly events: readonly JsonObject[];
}

/** A history is not that of a closed incident: still open, another workflow, or without its beginning. */
export class NotAnIncident extends Error {
  override readonly name = 'NotAnIncident';
}

/** Levels of facts that are taken into a bundle; deeper ones (somebody's alert) stay in the history only. */
const factsAtMostDeep = 100;

/** How an event ends a run. */
const endings: Readonly<Record<string, RunStatus>> = {
  WORKFLOW_EXECUTION_COMPLETED: 'COMPLETED',
  WORKFLOW_EXECUTION_FAILED: 'FAILED',
  WORKFLOW_EXECUTION_CANCELED: 'CANCELLED',
  WORKFLOW_EXECUTION_TERMINATED: 'TERMINATED',
  WORKFLOW_EXECUTION_TIMED_OUT: 'TIMED_OUT',
  WORKFLOW_EXECUTION_CONTINUED_AS_NEW: 'CONTINUED_AS_NEW',
};

/**
 * One closed run of an incident as a bundle, redacted. Pure: everything is in the history. Throws `NotAnIncident`.
 */
export function makeBundle(
  run: RecordedRun,
  { writtenAt, writtenBy }: Pick<BundleParts, 'writtenAt' | 'writtenBy'>,
  sha256?: Sha256,
): IncidentBundle {
  const { events, redactions } = redactHistory(run.events);
  const result = resultOf(events);
  const incident = incidentOf(run, events, result?.facts);
  const parts = {
    incident: result ? { ...incident, outcome: result.outcome } : incident,
    writtenAt,
    writtenBy,
    namespace: run.namespace,
    redactions,
    policies: policiesOf(events),
    ...(result && { facts: result.facts, ...(result.report && { report: result.report }) }),
    history: { events },
  };
  return sealBundle(parts, sha256);
}

/** How the run ended, and why where its last event says so. Undefined: it has not ended. */
export function endOf(
  events: readonly JsonObject[],
): { readonly status: RunStatus; readonly at: string; readonly why?: string } | undefined {
  const last = events.at(-1);
  const status = last && endings[eventType(last)];
  const at = last && eventTime(last);
  if (!last || !status || at === undefined) return undefined;
  const why = whyEnded(attributesOf(last));
  return { status, at, ...(why === undefined ? {} : { why }) };
}

/** What a termination or a failure said. */
function whyEnded({ reason, failure }: JsonObject): string | undefined {
  if (typeof reason === 'string' && reason !== '') return reason;
  return isObject(failure) && typeof failure.message === 'string' ? failure.message : undefined;
}

interface Result {
  readonly outcome: Outcome;
  readonly facts: readonly Fact[];
  readonly report?: IncidentView;
}

const isResult = members({ outcome: oneOf(outcomes), facts: list(fact) });
const isReport = members({ timeline: list(members({ at: time, text })) });

/** What a completed run returned; undefined where it did not complete, or returned something else. */
function resultOf(events: readonly JsonObject[]): Result | undefined {
  const last = events.at(-1);
  if (!last || eventType(last) !== 'WORKFLOW_EXECUTION_COMPLETED') return undefined;
  const value = payloadValues(attributesOf(last).result)[0];
  if (!isShallow(value, factsAtMostDeep) || !holdsResult(value)) return undefined;
  const { outcome, facts, report } = value;
  return isReport(report, 'report') === undefined ? { outcome, facts, report } : { outcome, facts };
}

function holdsResult(value: unknown): value is Result {
  return isResult(value, 'result') === undefined;
}

function incidentOf(
  run: RecordedRun,
  events: readonly JsonObject[],
  facts: readonly Fact[] | undefined,
): BundledIncident {
  const { workflowId, runId } = run;
  const end = endOf(events);
  const openedAt = events[0] && eventTime(events[0]);
  if (!end || openedAt === undefined) throw new NotAnIncident(`${workflowId} (run ${runId}) has not ended`);
  const { target, product, runbook } = openedWith(run, events[0]);
  const opened = facts?.find((one) => one.type === 'opened');
  return {
    shortId: shortId(runId),
    workflowId,
    runId,
    target,
    runbook,
    ...(opened && { runbookVersion: opened.runbookVersion }),
    product,
    status: end.status,
    openedAt,
    closedAt: end.at,
    alerts: alertNames(events, facts),
  };
}

const isInput = members({ target: members({ key: text, kind: text, scope: text }), product: text });

/** What every incident is opened with: its target, the product, and the runbook as the workflow's type. */
function openedWith({ workflowId }: RecordedRun, first: JsonObject | undefined) {
  const { workflowType, input } = first ? attributesOf(first) : {};
  const value = payloadValues(input)[0];
  if (!isObject(workflowType) || typeof workflowType.name !== 'string' || !isOpening(value))
    throw new NotAnIncident(`${workflowId} is no incident of Nightshift: it was not opened with a target`);
  return { target: value.target, product: value.product, runbook: workflowType.name };
}

function isOpening(value: unknown): value is { readonly target: Target; readonly product: string } {
  return isInput(value, 'input') === undefined;
}

/** Names of the alerts that fired, each once: as the incident took them, or as they were sent to it. */
function alertNames(events: readonly JsonObject[], facts: readonly Fact[] | undefined): readonly string[] {
  const taken = facts?.flatMap((one) => (one.type === 'alert' ? [one.alert.name] : []));
  return [...new Set(taken ?? events.flatMap(alertSent))];
}

function alertSent(event: JsonObject): readonly string[] {
  if (eventType(event) !== 'WORKFLOW_EXECUTION_SIGNALED') return [];
  const { signalName, input } = attributesOf(event);
  const alert = signalName === 'alert' ? payloadValues(input)[0] : undefined;
  return isObject(alert) && typeof alert.name === 'string' && alert.status !== 'resolved' ? [alert.name] : [];
}

/** The policies that the looks brought, each once, in the order in which they came into force. */
function policiesOf(events: readonly JsonObject[]): readonly PolicyInForce[] {
  const found = new Map<string, PolicyInForce>();
  for (const { activity, result } of activityResults(events)) {
    const look = activity === 'look' ? result : activity === 'carryOut' ? lookIn(result) : undefined;
    if (!isLook(look) || found.has(look.policyDigest)) continue;
    found.set(look.policyDigest, { digest: look.policyDigest, since: look.at, policy: look.policy });
  }
  return [...found.values()];
}

function lookIn(result: Json | undefined): Json | undefined {
  return isObject(result) ? (result as JsonObject).look : undefined;
}

const policyInLook = members({ at: time, policyDigest: text, policy: policyShape });

function isLook(
  value: unknown,
): value is { readonly at: string; readonly policyDigest: string; readonly policy: Policy } {
  return policyInLook(value, 'look') === undefined;
}
