import type { Change } from '../../../model/change.js';
import { shortId } from '../../../model/digest.js';
import type { Evidence, Measure } from '../../../model/evidence.js';
import type { Fact, FactBody, Outcome } from '../../../model/facts.js';
import type { Verdict } from '../../../model/guardrails/verdict.js';
import { summarise } from '../../../model/insights/summarise.js';
import type { ClosedIncident, IncidentSummary } from '../../../model/insights/types.js';

export const MiB = 1024 ** 2;
export const day = 86_400;
const end = Date.parse('2026-11-22T00:00:00.000Z');

/** The period of the tests: 90 days up to here. */
export const period = { since: ago(90 * day), until: ago(0) };

/** ISO time so many seconds before the end of the period. */
export function ago(seconds: number): string {
  return new Date(end - seconds * 1000).toISOString();
}

/** What becomes of one change. */
export interface Step {
  readonly remedy: string;
  readonly kind: string;
  readonly disruption?: Change['disruption'];
  readonly alwaysAsk?: boolean;
  /** Who asks; absent: it needs no decision. */
  readonly asks?: string;
  /** Seconds from the question to its end. */
  readonly waits?: number;
  readonly answer?: 'approved' | 'rejected' | 'expired';
  /** Refused by this guardrail. */
  readonly refusedBy?: string;
  /** It could not be done, and nobody knows whether it took effect. */
  readonly unknown?: boolean;
  readonly freed?: number;
  readonly helped?: boolean;
}

export interface Given {
  readonly id: string;
  readonly target?: string;
  readonly kind?: string;
  /** Seconds before the end of the period. */
  readonly ago: number;
  /** How long it took. */
  readonly seconds?: number;
  readonly alert?: string;
  readonly by?: string;
  readonly rehearsal?: boolean;
  readonly outcome?: Outcome;
  readonly why?: string;
  readonly cause?: string;
  readonly peak?: number;
  readonly limit?: number;
  readonly kills?: readonly number[];
  readonly gaps?: readonly string[];
  readonly read?: readonly string[];
  readonly steps?: readonly Step[];
  readonly escalated?: readonly string[];
}

const allow: Verdict = { guardrail: 'level', says: 'allow', why: 'critical' };

/** Facts as the engine would have appended them. */
export function factsOf(given: Given): Fact[] {
  const { target = 'docker/local/agent', seconds = 180, steps = [], outcome = 'recovered' } = given;
  const opened = end - given.ago * 1000;
  const bodies: (readonly [number, FactBody])[] = [
    [0, openedFact(given, target)],
    [0, alertFact(given, ago(given.ago))],
    [1, lookedFact(given, ago(given.ago - 1))],
  ];
  let at = 2;
  for (const [n, step] of steps.entries()) {
    bodies.push(...stepFacts(step, `${given.id}/${n + 1}`, target, at));
    at += 2 + (step.waits ?? 0);
  }
  for (const why of given.escalated ?? [])
    bodies.push([at, { type: 'escalated', why, severity: 'critical' }]);
  bodies.push([
    seconds,
    { type: 'closed', outcome, why: given.why ?? `it is ${outcome}`, recommendations: [], stays: [] },
  ]);
  return bodies.map(([after, body], index) => ({
    ...body,
    n: index + 1,
    at: new Date(opened + after * 1000).toISOString(),
  }));
}

function openedFact(given: Given, key: string): FactBody {
  const remedies = [...new Set((given.steps ?? []).map(({ remedy }) => remedy))];
  return {
    type: 'opened',
    target: { key, kind: given.kind ?? 'container', scope: 'docker/local' },
    runbook: 'MEM-001',
    runbookVersion: 1,
    product: 'test',
    by: given.by ?? 'alertmanager',
    shortId: given.id,
    runId: `run-${given.id}`,
    ladder: remedies.map((remedy) => ({ remedy, title: remedy, usually: 'none' })),
    observeOnly: given.rehearsal ?? false,
  };
}

function alertFact({ alert = 'MemoryHigh', by = 'alertmanager' }: Given, at: string): FactBody {
  return {
    type: 'alert',
    joined: false,
    alert: {
      name: alert,
      status: 'firing',
      severity: 'critical',
      fingerprint: alert,
      labels: {},
      annotations: {},
      startsAt: at,
      receivedAt: at,
      runbook: 'MEM-001',
      source: by,
    },
  };
}

function lookedFact(given: Given, at: string): FactBody {
  const { peak = 180, limit = 192, cause = 'limit-too-small', gaps = [], read = [] } = given;
  const used = peak * MiB;
  const measure: Measure = {
    used,
    limit: limit * MiB,
    unit: 'bytes',
    percent: (peak / limit) * 100,
    against: 'its own limit',
  };
  const seen = (name: string): Evidence => ({ source: 'docker stats', name, at, value: 1 });
  return {
    type: 'looked',
    why: 'at the beginning',
    identity: { uid: 'c0ffee', name: 'agent' },
    measure,
    healthy: true,
    diagnosis: {
      level: 'critical',
      levelWhy: 'full',
      causes: [{ name: cause, summary: cause, weight: 0.8, evidenceFor: [], evidenceAgainst: [] }],
    },
    policyDigest: 'p',
    evidence: read.map(seen),
    gaps: gaps.map((name) => ({ source: 'docker stats', name, at, gap: 'permission denied' })),
    tookMs: 10,
  };
}

function stepFacts(
  step: Step,
  id: string,
  key: string,
  at: number,
): readonly (readonly [number, FactBody])[] {
  const { remedy, kind, disruption = 'none', asks, waits = 0, answer, refusedBy } = step;
  const change: Change = {
    id,
    kind,
    remedy,
    object: { key, uid: 'c0ffee', name: 'agent' },
    touches: [key],
    fields: [],
    params: {},
    fresh: {},
    disruption,
    disruptionWhy: 'so it is',
    temporary: false,
    timeoutSeconds: 5,
    alwaysAsk: step.alwaysAsk ?? false,
    sentence: `${remedy} of agent`,
    command: remedy,
  };
  const asking: Verdict[] = asks === undefined ? [] : [{ guardrail: asks, says: 'ask', why: asks }];
  const refusing: Verdict[] =
    refusedBy === undefined ? [] : [{ guardrail: refusedBy, says: 'refuse', why: refusedBy }];
  const verdicts = [allow, ...asking, ...refusing];
  const planned: FactBody = { type: 'planned', change, hash: 'abc', verdicts };
  if (refusedBy !== undefined)
    return [
      [at, planned],
      [at, { type: 'refused', changeId: id, verdicts, why: refusedBy }],
    ];
  const asked: (readonly [number, FactBody])[] =
    answer === undefined
      ? []
      : [
          [at, request(id)],
          [at + waits, decided(id, answer)],
        ];
  const done = answer === undefined || answer === 'approved';
  return [[at, planned], ...asked, ...(done ? doing(step, id, at + waits) : [])];
}

const request = (changeId: string): FactBody => ({
  type: 'decisionRequested',
  changeId,
  hash: 'abc',
  why: ['autonomy'],
  approvals: 1,
  group: [],
  expiresAt: ago(0),
});

const decided = (changeId: string, answer: 'approved' | 'rejected' | 'expired'): FactBody => ({
  type: 'decided',
  changeId,
  answer,
  why: answer,
});

function doing(
  { freed, helped = false, unknown }: Step,
  changeId: string,
  at: number,
): readonly (readonly [number, FactBody])[] {
  if (unknown)
    return [[at, { type: 'notApplied', changeId, error: 'Unreachable', why: 'no answer', unknown: true }]];
  const effect = { status: 'applied', at: ago(0), note: 'done', details: {} } as const;
  const freedBytes = freed === undefined ? {} : { freedBytes: freed * MiB };
  return [
    [at, { type: 'applied', changeId, effect, verdicts: [], attempts: 1 }],
    [at + 1, { type: 'settled', changeId, samples: [], ...freedBytes, helped, note: '' }],
  ];
}

/** A name for the n-th incident that could be a short id. */
export const idOf = (n: number): string => shortId(`run-${n}`);

export function closedOf({
  id,
  target = 'docker/local/agent',
  ago: before,
  seconds = 180,
}: Given): ClosedIncident {
  return {
    shortId: id,
    targetKey: target,
    runbook: 'MEM-001',
    status: 'COMPLETED',
    openedAt: ago(before),
    closedAt: ago(before - seconds),
  };
}

export function summaryOf(given: Given): IncidentSummary {
  return summarise(closedOf(given), factsOf(given));
}
