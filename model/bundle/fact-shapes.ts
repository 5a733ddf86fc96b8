import type { FactBody } from '../facts.js';
import { outcomes } from '../facts.js';
import { type Check, flag, list, members, number, object, oneOf, optional, text, time } from './shape.js';

const severity = oneOf(['warning', 'critical']);
const target = members({ key: text, kind: text, scope: text });
const rung = members({ remedy: text, title: text, usually: text });
const sample = members({
  at: time,
  used: optional(number),
  limit: optional(number),
  healthy: optional(flag),
});
const measure = members({ used: number, limit: number, percent: number, against: text });
const evidence = members({ source: text, name: text, at: text });
const verdict = members({ guardrail: text, says: oneOf(['allow', 'ask', 'refuse']), why: text });
const check = members({ name: text, passed: flag, note: text });
const cause = members({
  name: text,
  summary: text,
  weight: number,
  evidenceFor: list(text),
  evidenceAgainst: list(text),
});
const growth = members({ bytesPerSecond: number, overSeconds: number, samples: number });
const diagnosis = members({
  level: oneOf(['normal', 'warning', 'critical']),
  levelWhy: text,
  causes: list(cause),
  growth: optional(growth),
  again: optional(members({ seconds: number, why: text })),
});
const alert = members({
  name: text,
  status: text,
  severity,
  fingerprint: text,
  startsAt: text,
  runbook: text,
  source: text,
});
const change = members({
  id: text,
  kind: text,
  remedy: text,
  object: members({ key: text, uid: text, name: text }),
  touches: list(text),
  fields: list(members({ name: text })),
  params: object,
  disruption: text,
  disruptionWhy: text,
  sentence: text,
  command: text,
});
const effect = members({
  status: oneOf(['applied', 'alreadyDone', 'superseded', 'nothing']),
  at: time,
  note: text,
});
const recommendation = members({
  title: text,
  why: text,
  snippet: optional(members({ language: text, text })),
});
const thresholds = members({ warningPercent: number, criticalPercent: number });
const about = { changeId: text };

/** What each fact must hold for the fold, the report and everything that counts to read it. */
const shapes: { readonly [Type in FactBody['type']]: Readonly<Record<string, Check>> } = {
  opened: {
    target,
    runbook: text,
    runbookVersion: number,
    product: text,
    by: text,
    shortId: text,
    runId: text,
    ladder: list(rung),
    observeOnly: flag,
    rerunOf: optional(text),
  },
  alert: { alert, joined: flag, expected: optional(text) },
  alertRepeated: { fingerprint: text, times: number },
  alertResolved: { name: text, fingerprint: text },
  runbookChanged: { runbook: text, runbookVersion: number, ladder: list(rung), why: text },
  looked: {
    why: text,
    identity: members({ uid: text, name: text }),
    measure: optional(measure),
    healthy: flag,
    diagnosis: optional(diagnosis),
    policyDigest: text,
    thresholds: optional(thresholds),
    evidence: list(evidence),
    gaps: list(evidence),
  },
  rungSkipped: { remedy: text, why: text },
  rungStarted: { remedy: text },
  planned: { change, hash: text, verdicts: list(verdict) },
  refused: { ...about, verdicts: list(verdict), why: text },
  decisionRequested: {
    ...about,
    hash: text,
    why: list(text),
    approvals: number,
    group: list(text),
    expiresAt: time,
  },
  reminded: { ...about, secondGroup: list(text) },
  answered: {
    hash: text,
    answer: oneOf(['approve', 'reject']),
    by: text,
    verified: text,
    comment: optional(text),
    accepted: flag,
    why: text,
    via: text,
  },
  decided: { ...about, answer: oneOf(['approved', 'rejected', 'expired', 'void']), why: text },
  leaseWaiting: { ...about, why: text, askAgainAt: time },
  leased: { ...about, until: text },
  goingAhead: about,
  undoRegistered: { ...about, sentence: text },
  applied: { ...about, effect, verdicts: list(verdict), attempts: number, measure: optional(measure) },
  notApplied: { ...about, error: text, why: text, unknown: flag },
  settled: {
    ...about,
    samples: list(sample),
    freedBytes: optional(number),
    creditedTo: optional(text),
    helped: flag,
    note: text,
  },
  samples: { samples: list(sample), why: text },
  verified: { passed: flag, checks: list(check), samples: list(sample) },
  rolledBack: {
    ...about,
    sentence: text,
    effect: optional(effect),
    error: optional(text),
    command: text,
  },
  watching: { until: time, why: optional(text) },
  verifying: { seconds: number },
  paused: { by: text, reason: text, until: time },
  resumed: { by: text },
  cancelRequested: { by: text, reason: text },
  deadlineSet: { due: time, why: text },
  deadlinePassed: { why: text },
  escalated: { why: text, severity },
  notified: { sink: text, what: text, delivered: flag, note: text },
  rehearsalEnded: { why: text },
  noted: { text },
  closed: { outcome: oneOf(outcomes), why: text, recommendations: list(recommendation), stays: list(text) },
};

const checks = new Map<unknown, Check>(
  Object.entries(shapes).map(([type, more]) => [type, members({ n: number, at: time, ...more })]),
);
const untyped = members({ type: text, n: number, at: time });

/** One fact of any type that this version knows. */
export const fact: Check = (value, at) => {
  const wrong = untyped(value, at);
  if (wrong !== undefined) return wrong;
  const type = (value as { readonly type: string }).type;
  const known = checks.get(type);
  return known ? known(value, at) : `${at}.type is no type of fact: ${JSON.stringify(type.slice(0, 40))}`;
};
