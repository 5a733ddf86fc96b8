import type { Change } from '../../../model/change.js';
import { changeHash } from '../../../model/change.js';
import type { Diagnosis } from '../../../model/diagnosis.js';
import type { Measure, Sample } from '../../../model/evidence.js';
import type { Fact, FactBody, Rung } from '../../../model/facts.js';
import type { Verdict } from '../../../model/guardrails/verdict.js';

const MiB = 1024 ** 2;
const begin = Date.parse('2026-11-22T03:00:00.000Z');

/** ISO time so many seconds after the story begins. */
export function at(seconds: number): string {
  return new Date(begin + seconds * 1000).toISOString();
}

/** Numbers the facts and gives them their times. */
export function story(...parts: readonly (readonly [seconds: number, body: FactBody])[]): Fact[] {
  return parts.map(([seconds, body], index) => ({ ...body, n: index + 1, at: at(seconds) }));
}

export function measure(mib: number): Measure {
  const used = mib * MiB;
  const limit = 192 * MiB;
  return { used, limit, unit: 'bytes', percent: (used / limit) * 100, against: 'its own limit' };
}

export function sample(seconds: number, mib: number): Sample {
  return { at: at(seconds), used: mib * MiB, limit: 192 * MiB, healthy: true, kills: 0 };
}

export const ladder: readonly Rung[] = [
  { remedy: 'clear-caches', title: 'Clear application caches', usually: 'none' },
  { remedy: 'collect-garbage', title: 'Collect garbage in the live process', usually: 'none' },
  { remedy: 'degrade-service', title: 'Switch off non-essential features', usually: 'brief' },
  { remedy: 'restart-container', title: 'Restart the bloated container', usually: 'outage' },
  { remedy: 'restart-service', title: 'Restart all containers of the service', usually: 'outage' },
];

const object = { key: 'docker/local/agent', uid: 'c0ffee', name: 'agent' };
const plain = {
  object,
  touches: [],
  params: {},
  fresh: {},
  fields: [],
  timeoutSeconds: 20,
  alwaysAsk: false,
};

export const clear: Change = {
  ...plain,
  id: 'k3f7x2ab/1',
  kind: 'cache.clear',
  remedy: 'clear-caches',
  disruption: 'none',
  disruptionWhy: 'the cache fills again by itself',
  temporary: false,
  sentence: 'Clear cache answers of agent',
  command: 'curl -X POST http://127.0.0.1:18789/admin/clear-cache',
};

export const restart: Change = {
  ...plain,
  id: 'k3f7x2ab/2',
  kind: 'container.restart',
  remedy: 'restart-container',
  touches: ['docker/local/agent'],
  disruption: 'outage',
  disruptionWhy: 'it is the only container of its service',
  temporary: false,
  sentence: 'Restart container agent with its own grace time of 10 s',
  command: 'docker restart --time 10 agent',
};

const diagnosis: Diagnosis = {
  level: 'critical',
  levelWhy: '96 % of its own limit, critical from 90 %',
  growth: { bytesPerSecond: 0.6 * MiB, overSeconds: 60, samples: 12, secondsToLimit: 12 },
  causes: [
    {
      name: 'leak',
      summary: 'The process holds memory that neither cache nor collector can free.',
      weight: 0.82,
      evidenceFor: ['grows by 615 KiB/s while requests stay level', 'cache holds 12 MiB of 184 MiB'],
      evidenceAgainst: ['no OOM kill so far'],
    },
    {
      name: 'unbounded-cache',
      summary: 'The cache is larger than it should be.',
      weight: 0.21,
      evidenceFor: ['812 items'],
      evidenceAgainst: ['the cache has a bound of 1000 items'],
    },
  ],
};

const ok: Verdict = { guardrail: 'autonomy', says: 'allow', why: 'auto for none' };
const ask: Verdict = {
  guardrail: 'autonomy',
  says: 'ask',
  why: 'an outage needs a decision (autonomy: approve)',
};

export const alert = {
  name: 'ContainerMemoryCritical',
  status: 'firing',
  severity: 'critical',
  fingerprint: 'f1',
  labels: { name: 'agent' },
  annotations: {},
  startsAt: at(-30),
  receivedAt: at(0),
  runbook: 'MEM-001',
  source: 'alertmanager',
} as const;

const looked = {
  type: 'looked',
  identity: { uid: 'c0ffee', name: 'agent', startedAt: at(-600) },
  healthy: true,
  policyDigest: 'p1',
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  evidence: [],
  gaps: [],
  tookMs: 412,
} as const;

export type Part = readonly [seconds: number, body: FactBody];

export const opening: readonly Part[] = [
  [
    0,
    {
      type: 'opened',
      target: { key: 'docker/local/agent', kind: 'container', scope: 'docker/local' },
      runbook: 'MEM-001',
      runbookVersion: 1,
      product: 'nightshift 0.1.0',
      by: 'alertmanager',
      shortId: 'k3f7x2ab',
      runId: '019a-run',
      ladder,
      observeOnly: false,
    },
  ],
  [0, { type: 'alert', alert, joined: false }],
  [
    1,
    {
      ...looked,
      why: 'at the beginning',
      measure: measure(184),
      diagnosis,
      gaps: [
        {
          source: '/proc/pressure/memory',
          name: 'host.pressure',
          at: at(1),
          gap: 'this kernel keeps no pressure figures',
        },
      ],
    },
  ],
  [1, { type: 'deadlineSet', due: at(301), why: 'critical' }],
];

export const clearing: readonly Part[] = [
  [1, { type: 'rungStarted', remedy: 'clear-caches' }],
  [1, { type: 'planned', change: clear, hash: changeHash(clear), verdicts: [ok] }],
  [1, { type: 'goingAhead', changeId: clear.id }],
  [
    2,
    {
      type: 'applied',
      changeId: clear.id,
      effect: { status: 'applied', at: at(2), note: 'cleared 812 items', details: { items: 812 } },
      verdicts: [ok],
      attempts: 1,
    },
  ],
  [
    12,
    {
      type: 'settled',
      changeId: clear.id,
      samples: [sample(4, 176), sample(8, 177), sample(12, 179)],
      freedBytes: 5 * MiB,
      helped: false,
      note: 'still 93 %, critical from 90 %',
    },
  ],
  [12, { type: 'rungSkipped', remedy: 'collect-garbage', why: 'no process is named for it (targets[0].gc)' }],
  [12, { type: 'rungSkipped', remedy: 'degrade-service', why: 'the app has no switch (targets[0].degrade)' }],
];

export const asking: readonly Part[] = [
  [12, { type: 'rungStarted', remedy: 'restart-container' }],
  [12, { type: 'planned', change: restart, hash: changeHash(restart), verdicts: [ask] }],
  [
    12,
    {
      type: 'decisionRequested',
      changeId: restart.id,
      hash: changeHash(restart),
      why: [ask.why],
      approvals: 1,
      group: ['ana', 'bo'],
      expiresAt: at(132),
    },
  ],
];

export const approving: readonly Part[] = [
  [30, { type: 'samples', samples: [sample(20, 183), sample(30, 187)], why: 'while a decision is open' }],
  [
    31,
    {
      type: 'answered',
      changeId: restart.id,
      hash: changeHash(restart),
      answer: 'approve',
      by: 'eve',
      verified: 'none',
      accepted: false,
      why: 'an identity that nobody verified can’t approve an outage',
      via: 'signal',
    },
  ],
  [
    40,
    {
      type: 'answered',
      changeId: restart.id,
      hash: changeHash(restart),
      answer: 'approve',
      by: 'ana',
      verified: 'token',
      comment: 'traffic is drained',
      accepted: true,
      why: 'approved by ana',
      via: 'update',
    },
  ],
  [40, { type: 'decided', changeId: restart.id, answer: 'approved', why: 'approved by ana' }],
];

export const restarting: readonly Part[] = [
  [40, { type: 'leased', changeId: restart.id, until: at(160) }],
  [40, { type: 'goingAhead', changeId: restart.id }],
  [
    43,
    {
      type: 'applied',
      changeId: restart.id,
      effect: {
        status: 'applied',
        at: at(43),
        note: 'stopped by SIGTERM within its grace time',
        details: { exitCode: 0 },
      },
      verdicts: [ask],
      attempts: 2,
    },
  ],
  [
    53,
    {
      type: 'settled',
      changeId: restart.id,
      samples: [sample(48, 52), sample(53, 53)],
      freedBytes: 134 * MiB,
      helped: true,
      note: '28 %, warning from 80 %',
    },
  ],
];

export const soaking: readonly Part[] = [[53, { type: 'verifying', seconds: 30 }]];

export const closing: readonly Part[] = [
  [
    83,
    {
      type: 'verified',
      passed: true,
      checks: [
        { name: 'below the warning threshold', passed: true, note: 'at most 29 %' },
        { name: 'no new OOM kill', passed: true, note: '0 before, 0 after' },
        { name: 'functional probe', passed: true, note: '200 in 4 ms' },
      ],
      samples: [sample(63, 54), sample(73, 55), sample(83, 55)],
    },
  ],
  [83, { type: 'alertResolved', name: alert.name, fingerprint: 'f1' }],
  [
    84,
    {
      type: 'closed',
      outcome: 'recovered',
      why: 'all checks held for 30 s',
      recommendations: [
        {
          title: 'Find the leak before a larger limit',
          why: 'It grew by 615 KiB/s under level load',
          snippet: { language: 'yaml', text: 'services:\n  agent:\n    memswap_limit: 192M\n' },
        },
      ],
      stays: [],
    },
  ],
];

/** The demo from its first fact to its last. */
export const whole: readonly Part[] = [
  ...opening,
  ...clearing,
  ...asking,
  ...approving,
  ...restarting,
  ...soaking,
  ...closing,
];
