import { describe, expect, it } from 'vitest';
import { type Change, type ChangeDraft, changeHash, completeChange } from '../../../model/change.js';
import { planHpaMin } from '../../../model/changes/kubernetes/hpa-min.js';
import type { kubernetesKinds } from '../../../model/changes/kubernetes/index.js';
import { planPodClearCache, planPodGc } from '../../../model/changes/kubernetes/pod-calls.js';
import { planPodEvict } from '../../../model/changes/kubernetes/pod-evict.js';
import { planPodResize } from '../../../model/changes/kubernetes/pod-resize.js';
import { planSetEnv, setTogether } from '../../../model/changes/kubernetes/set-env.js';
import { planShortenTtl } from '../../../model/changes/kubernetes/shorten-ttl.js';
import { planUndoRollout } from '../../../model/changes/kubernetes/undo-rollout.js';
import { planWorkloadMemory } from '../../../model/changes/kubernetes/workload-memory.js';
import { planWorkloadRestart } from '../../../model/changes/kubernetes/workload-restart.js';
import { planWorkloadScale } from '../../../model/changes/kubernetes/workload-scale.js';
import type { JsonObject } from '../../../model/json.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import { anyRunbook } from '../../../model/runbook.js';
import { agentBrunoHighMemoryUsage as runbook } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import { hpa } from '../../support/bruno-rungs.js';
import {
  fullSettings,
  GiB,
  type LookParts,
  MiB,
  pod,
  podEndpoint,
  sessions,
  workloadLook,
} from '../../support/workload-looks.js';

const at = (parts: LookParts = {}): WorkloadLook =>
  workloadLook({
    settings: fullSettings,
    ...parts,
    details: { sessions: sessions(), ...parts.details },
  });
const look = at();
const withHpa = at({ details: { autoscaling: { hpa } } });
const worst = look.details.pods[0] ?? pod();
const larger = { limitBytes: 2 * GiB, requestBytes: 512 * MiB };

function planned<T extends object>(plan: T | { readonly skip: string }): T {
  if ('skip' in plan) throw new Error(String(plan.skip));
  return plan as T;
}

const [cache] = fullSettings.caches;
const [rule] = fullSettings.env;
if (
  cache === undefined ||
  rule === undefined ||
  fullSettings.gc === undefined ||
  fullSettings.sessions === undefined
)
  throw new Error('everything is configured');

/** One draft of every kind, with the command that was tried on a real cluster. */
const drafts: Readonly<Record<keyof typeof kubernetesKinds, readonly [ChangeDraft, string]>> = {
  'pod.clearCache': [
    planPodClearCache(look, worst, cache),
    "echo '' | kubectl --context prod create --raw /api/v1/namespaces/bruno/pods/agent-bruno-a:8080/proxy/admin/clear-cache -f -",
  ],
  'pod.gc': [
    planPodGc(look, worst, fullSettings.gc),
    "echo '' | kubectl --context prod create --raw /api/v1/namespaces/bruno/pods/agent-bruno-a:8080/proxy/admin/gc -f -",
  ],
  'sessions.shortenTtl': [
    planShortenTtl(look, fullSettings.sessions, sessions()),
    `redis-cli -u redis://redis-master:6379/0 --scan --pattern 'bruno:session:*' | while read -r key; do [ "$(redis-cli -u redis://redis-master:6379/0 OBJECT IDLETIME "$key")" -ge 900 ] && redis-cli -u redis://redis-master:6379/0 EXPIRE "$key" 3600 LT; done`,
  ],
  'workload.setEnv': [
    planned(planSetEnv(look, rule)),
    'kubectl --context prod -n bruno set env deployment/agent-bruno -c agent-bruno SESSION_TTL=3600',
  ],
  'pod.resize': [
    planPodResize(look, worst, larger),
    `kubectl --context prod -n bruno patch pod agent-bruno-a --subresource resize -p '{"spec":{"containers":[{"name":"agent-bruno","resources":{"limits":{"memory":"2048Mi"},"requests":{"memory":"512Mi"}}}]}}'`,
  ],
  'workload.memory': [
    planWorkloadMemory(look, larger),
    'kubectl --context prod -n bruno set resources deployment/agent-bruno -c agent-bruno --limits=memory=2048Mi --requests=memory=512Mi',
  ],
  'hpa.minReplicas': [
    planHpaMin(withHpa, hpa, 2),
    `kubectl --context prod -n bruno patch hpa agent-bruno-hpa --type=merge -p '{"spec":{"minReplicas":2}}'`,
  ],
  'workload.scale': [
    planWorkloadScale(look, 3),
    'kubectl --context prod -n bruno scale deployment/agent-bruno --replicas=3',
  ],
  'pod.evict': [
    planPodEvict(look, worst, 30),
    `echo '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"agent-bruno-a","namespace":"bruno"}}' | kubectl --context prod create --raw /api/v1/namespaces/bruno/pods/agent-bruno-a/eviction -f -`,
  ],
  'workload.restart': [
    planWorkloadRestart(look),
    'kubectl --context prod -n bruno rollout restart deployment/agent-bruno',
  ],
  'workload.undoRollout': [
    planUndoRollout(look, '6', [{ name: 'image', before: 'agent-bruno:1.5', after: 'agent-bruno:1.4' }]),
    'kubectl --context prod -n bruno rollout undo deployment/agent-bruno --to-revision=6',
  ],
};

function kindOf(name: string) {
  const kind = anyRunbook(runbook).changeKinds.find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

function whole(draft: ChangeDraft, now: WorkloadLook = look): Change {
  return completeChange(kindOf(draft.kind), draft, now, { id: 'i/1', remedy: 'r' });
}

const refusal = (draft: ChangeDraft, now: WorkloadLook): string | null =>
  kindOf(draft.kind).precondition(whole(draft, now), now);

const all = Object.entries(drafts);
const onPods = all.filter(([name]) => name.startsWith('pod.'));
const onTemplate = all.filter(([name]) =>
  ['workload.setEnv', 'workload.memory', 'workload.restart'].includes(name),
);

describe('every kind of change on Kubernetes', () => {
  it.each(all)('%s says by which command it is done by hand', (_, [draft, command]) => {
    expect(whole(draft).command).toBe(command);
  });

  it.each(all)(
    '%s survives JSON, is listed under its own name, and may go ahead on the look that it was planned from',
    (name, [draft]) => {
      const change = whole(draft);
      expect(JSON.parse(JSON.stringify(change))).toEqual(change);
      expect(kindOf(name).kind).toBe(name);
      expect(refusal(draft, name === 'hpa.minReplicas' ? withHpa : look)).toBeNull();
      expect(change.timeoutSeconds).toBeGreaterThan(0);
    },
  );

  it.each(all)('%s is not voided by a version, a time or a measurement', (_, [draft]) => {
    expect(changeHash({ ...draft, fresh: { resourceVersion: 'x', at: 'later', keys: 1 } })).toBe(
      changeHash(draft),
    );
    expect(changeHash({ ...draft, object: { ...draft.object, uid: 'another' } })).not.toBe(changeHash(draft));
  });

  it.each(onPods)('%s is refused for a pod that is gone, replaced, or being deleted', (_, [draft]) => {
    const now = (more: Parameters<typeof pod>[1]) => refusal(draft, at({ pod: more }));
    expect(refusal(draft, { ...look, details: { ...look.details, pods: [] } })).toContain(
      'not there any more',
    );
    expect(now({ uid: 'new' })).toContain('another one of the same name');
    expect(now({ deleting: true })).toContain('being deleted');
  });

  it.each(onTemplate)(
    '%s waits for the rollouts of others, and leaves alone what was stopped on purpose',
    (_, [draft]) => {
      const now = (workload: LookParts['workload']) => refusal(draft, at({ workload }));
      expect(now({ rollout: '1 of 2 updated' })).toContain('under way');
      expect(now({ paused: true })).toContain('paused');
      expect(now({ replicas: 0 })).toContain('scaled to 0');
      expect(now({ uid: 'new' })).toContain('made anew');
      expect(now({ strategy: 'OnDelete' })).toContain('OnDelete');
    },
  );
});

describe('somebody else', () => {
  it.each([
    ['workload.restart', { workload: { generation: 8 } }, 'generation 8'],
    ['workload.undoRollout', { workload: { generation: 8 } }, 'generation 8'],
    ['workload.memory', { workload: { templateLimitBytes: 3 * GiB } }, '3 GiB now'],
    ['pod.resize', { pod: { limitBytes: 3 * GiB } }, '3 GiB now'],
    ['workload.scale', { workload: { replicas: 5 } }, '5 replicas now'],
    ['workload.scale', { details: { autoscaling: { hpa } } }, 'owns the number'],
    [
      'workload.setEnv',
      { workload: { env: [{ name: 'SESSION_TTL', value: '7200', from: 'template' as const }] } },
      '7200 now',
    ],
    ['hpa.minReplicas', { details: { autoscaling: { hpa: { ...hpa, min: 3 } } } }, 'is 3 now'],
    ['pod.gc', { pod: { startedAt: '2026-03-01T02:59:00.000Z' } }, 'started anew'],
    ['sessions.shortenTtl', { details: { sessions: sessions({ readOnly: true }) } }, 'read-only'],
  ] as const)('has done something that %s would overwrite: it is not made', (name, parts, why) => {
    expect(refusal(drafts[name][0], at(parts))).toContain(why);
  });

  it('has done the very same: it may go on, and finds it done', () => {
    expect(
      refusal(drafts['workload.memory'][0], at({ workload: { templateLimitBytes: 2 * GiB } })),
    ).toBeNull();
    expect(refusal(drafts['workload.scale'][0], at({ workload: { replicas: 3 } }))).toBeNull();
  });
});

describe('a change of the template as a whole', () => {
  const told = (templateDigest: string, generation = 7) => at({ workload: { templateDigest, generation } });
  it.each([
    ['workload.restart', planWorkloadRestart],
    ['workload.undoRollout', (now: WorkloadLook) => planUndoRollout(now, '6', [])],
  ] as const)('%s is approved for the template, which an autoscaler does not change', (_, plan) => {
    const draft: ChangeDraft = plan(told('abc'));
    // Looks of before tell no template: what was approved by the generation still is.
    expect([draft.generation, plan(look).generation]).toEqual([undefined, 7]);
    expect(changeHash(plan(told('abc', 8)))).toBe(changeHash(draft));
    expect(changeHash(plan(told('abd')))).not.toBe(changeHash(draft));
    expect(refusal(draft, told('abc', 8))).toBeNull();
    expect(refusal(draft, told('abd'))).toContain('its template is another one');
    expect(refusal(draft, look)).toContain('its template is another one');
  });
});

describe('a resize that its node does not do', () => {
  const change = whole(drafts['pod.resize'][0]);
  const went = (details: JsonObject) => ({ status: 'applied' as const, at: '', note: 'Infeasible', details });
  const undo = kindOf('pod.resize').undo(change, went({ failed: true }));
  if (!('kind' in undo)) throw new Error(undo.none);

  it('is taken out of the pod’s spec, and disrupts nothing: nothing ran with it', () => {
    expect(undo.fields).toEqual([
      { name: 'limits.memory', before: 2 * GiB, after: GiB },
      { name: 'requests.memory', before: 512 * MiB, after: 256 * MiB },
    ]);
    expect(whole(undo)).toMatchObject({
      disruption: 'none',
      sentence: 'Set the memory limit in the spec of pod agent-bruno-a back from 2 GiB to 1 GiB',
    });
    // No room is needed for it.
    expect(refusal(undo, at({ details: { nodes: [] } }))).toBeNull();
  });

  it('stays where the node has done it meanwhile: a lower limit could kill', () => {
    expect(refusal(undo, at({ pod: { limitBytes: 2 * GiB } }))).toMatch(/has raised its limit meanwhile/);
    expect(refusal(undo, at({ pod: { limitBytes: 3 * GiB } }))).toMatch(/somebody else/);
  });

  it('is the only one with an undo: what the node did ends with the pod', () => {
    expect(kindOf('pod.resize').undo(change, undefined)).toHaveProperty('none');
    expect(kindOf('pod.resize').undo(change, went({}))).toHaveProperty('none');
  });
});

describe('how much it disrupts now', () => {
  const disruption = (draft: ChangeDraft, now: WorkloadLook) => whole(draft, now).disruption;

  it('follows from who else serves', () => {
    const alone = at({ others: [] });
    expect(disruption(drafts['pod.evict'][0], look)).toBe('brief');
    expect(disruption(drafts['pod.evict'][0], alone)).toBe('outage');
    expect(disruption(drafts['pod.evict'][0], at({ others: [pod('b', { ready: false })] }))).toBe('outage');
  });

  it('is none for capacity that is added, and some for capacity that is taken away', () => {
    const less: ChangeDraft = {
      ...drafts['workload.scale'][0],
      fields: [{ name: 'replicas', before: 3, after: 2 }],
    };
    expect(disruption(drafts['workload.scale'][0], look)).toBe('none');
    expect(disruption(less, look)).toBe('brief');
  });

  it('is an outage for a resize that restarts the container', () => {
    expect(disruption(drafts['pod.resize'][0], look)).toBe('none');
    expect(disruption(drafts['pod.resize'][0], at({ pod: { resizePolicy: 'RestartContainer' } }))).toBe(
      'outage',
    );
  });

  it('is loss of data for shortened sessions, always asked for', () => {
    expect(whole(drafts['sessions.shortenTtl'][0])).toMatchObject({
      disruption: 'dataLoss',
      alwaysAsk: true,
    });
  });
});

describe('by hand', () => {
  it('an app that wants a token is called through a tunnel: the proxy passes none on', () => {
    const gc = podEndpoint('/admin/gc', { via: 'address', bearerSecret: 'agent-admin' });
    expect(whole(planPodGc(look, worst, gc)).command).toBe(
      `kubectl --context prod -n bruno port-forward pod/agent-bruno-a 18080:8080 & curl -fsS --retry 5 --retry-connrefused -X POST -H "Authorization: Bearer $TOKEN" http://127.0.0.1:18080/admin/gc; kill %1`,
    );
  });

  it('sessions get their earlier lives back from the hash that kept them', () => {
    const undo = kindOf('sessions.shortenTtl').undo(whole(drafts['sessions.shortenTtl'][0]), undefined);
    if (!('kind' in undo)) throw new Error(undo.none);
    expect(whole(undo).sentence).toBe(
      'Give the sessions bruno:session:* that were shortened their earlier lives back',
    );
    expect(whole(undo).command).toContain('HGETALL nightshift:ttl:i/1 |');
  });

  it('a variable of a ConfigMap is set there, and the pods are restarted', () => {
    const configMap = { name: 'agent-env', key: 'SESSION_TTL', resourceVersion: '1' };
    const there = at({
      workload: { env: [{ name: 'SESSION_TTL', value: '86400', from: 'configMap', configMap }] },
    });
    expect(whole(planned(planSetEnv(there, rule)), there).command).toBe(
      `kubectl --context prod -n bruno patch configmap agent-env --type=merge -p '{"data":{"SESSION_TTL":"3600"}}' && kubectl --context prod -n bruno rollout restart deployment/agent-bruno`,
    );
  });
});

describe('several variables in one place', () => {
  const pool = fullSettings.env[1] ?? rule;
  const draft = setTogether([planned(planSetEnv(look, rule)), planned(planSetEnv(look, pool))]);

  it('are one change, in a sentence and by one command', () => {
    expect(whole(draft)).toMatchObject({
      fields: [
        { name: 'env.SESSION_TTL', before: '86400', after: '3600' },
        { name: 'env.REDIS_POOL_SIZE', before: '500', after: '20' },
      ],
      sentence:
        'Set SESSION_TTL from 86400 to 3600 and REDIS_POOL_SIZE from 500 to 20 in deployment/agent-bruno; the pods of deployment/agent-bruno are replaced',
      command:
        'kubectl --context prod -n bruno set env deployment/agent-bruno -c agent-bruno SESSION_TTL=3600 REDIS_POOL_SIZE=20',
    });
    expect(refusal(draft, look)).toBeNull();
  });

  it('are refused where somebody else has set one of them, and taken back together', () => {
    const env = look.details.workload.env.map((one) =>
      one.name === 'REDIS_POOL_SIZE' ? { ...one, value: '50' } : one,
    );
    expect(refusal(draft, at({ workload: { env } }))).toBe(
      'REDIS_POOL_SIZE is 50 now, not 500: somebody else has set it.',
    );
    const undo = kindOf('workload.setEnv').undo(whole(draft), undefined);
    if (!('kind' in undo)) throw new Error(undo.none);
    expect(whole(undo).command).toMatch(/SESSION_TTL=86400 REDIS_POOL_SIZE=500$/);
  });

  it('are only those of one object: another one is another rollout', () => {
    const configMap = { name: 'agent-env', key: 'pool', resourceVersion: '1' };
    const env = look.details.workload.env.map((one) =>
      one.name === 'REDIS_POOL_SIZE' ? { ...one, from: 'configMap' as const, configMap } : one,
    );
    const there = at({ workload: { env } });
    const apart = setTogether([planned(planSetEnv(there, rule)), planned(planSetEnv(there, pool))]);
    expect(apart.fields.map(({ name }) => name)).toEqual(['env.SESSION_TTL']);
  });

  it('that is one alone is said as ever, so that what was approved before still is', () => {
    expect(draft.params).toHaveProperty('more');
    expect(setTogether([planned(planSetEnv(look, rule))]).params).toEqual({
      ref: { cluster: 'prod', namespace: 'bruno', kind: 'Deployment', name: 'agent-bruno' },
      workload: { cluster: 'prod', namespace: 'bruno', kind: 'Deployment', name: 'agent-bruno' },
      container: 'agent-bruno',
      variable: 'SESSION_TTL',
      progressSeconds: 600,
    });
  });
});

describe('the alerts that a rollout must be expected to cause', () => {
  it("are those of pods that go and come, and never the memory's own", () => {
    const expected = kindOf('workload.restart').expectedAlerts ?? [];
    for (const alert of ['AgentBrunoAPIDown', 'AgentBrunoPodCrashLooping', 'AgentBrunoHighCPUUsage'])
      expect(expected).toContain(alert);
    for (const alert of ['AgentBrunoHighMemoryUsage', 'AgentBrunoOOMKilled', 'AgentBrunoMemoryExhausted'])
      expect(expected).not.toContain(alert);
    for (const name of ['workload.setEnv', 'workload.memory', 'workload.undoRollout', 'pod.evict'])
      expect(kindOf(name).expectedAlerts).toEqual(expected);
  });
});
