import type { Change } from '../../../model/change.js';
import type { Circumstances } from '../../../model/guardrails/index.js';
import type { AnyLook } from '../../../model/look.js';
import type { Policy } from '../../../model/policy.js';
import { autoPolicy } from '../../support/policy.js';

/** A target that may do everything by itself: each test takes one thing away. */
export const key = 'docker/local/agent';

export const policy = autoPolicy;

export const change: Change = {
  id: 'abcd2345/1',
  kind: 'container.restart',
  remedy: 'restart-container',
  object: { key, uid: 'a1b2c3', name: 'agent' },
  touches: [key],
  fields: [],
  params: {},
  fresh: {},
  disruption: 'outage',
  disruptionWhy: 'one replica',
  temporary: false,
  timeoutSeconds: 60,
  alwaysAsk: false,
  sentence: 'Restart container agent',
  command: 'docker restart agent',
};

export const look: AnyLook = {
  target: { key, kind: 'container', scope: 'docker/local' },
  at: '2026-03-10T12:00:00.000Z',
  identity: { uid: 'a1b2c3', name: 'agent' },
  measure: { used: 95, limit: 100, unit: 'bytes', percent: 95, against: 'its own limit' },
  healthy: true,
  evidence: [],
  details: {},
  settings: {},
  policy,
  policyDigest: 'd',
  goingOn: [],
  tookMs: 1,
};

export const circumstances: Circumstances = {
  now: '2026-03-10T12:00:00.000Z',
  level: 'critical',
  decided: false,
  observeOnly: false,
};

export function lookWith(changes: Partial<Policy>, more: Partial<AnyLook> = {}): AnyLook {
  return { ...look, ...more, policy: { ...policy, ...changes } };
}
