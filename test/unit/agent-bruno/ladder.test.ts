import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeDraft } from '../../../model/change.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import { anyRunbook } from '../../../model/runbook.js';
import { agentBrunoHighMemoryUsage as runbook } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import { type CauseName, causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { because, drafts, growth, hpa, look, owned, rung, skip, whole } from '../../support/bruno-rungs.js';
import { atSecond, GiB, history, MiB, pod, sessions } from '../../support/workload-looks.js';

const both = [pod('agent-bruno-b', { workingSetBytes: 0.9 * GiB })];

describe('the ladder', () => {
  it('goes from what disrupts nothing to what loses data', () => {
    expect(runbook.ladder.map(({ name }) => name)).toEqual([
      'clear-caches',
      'collect-garbage',
      'resize-pods',
      'scale-out',
      'evict-pod',
      'set-environment',
      'restart-workload',
      'raise-limit',
      'undo-release',
      'shorten-sessions',
    ]);
    const order = ['none', 'brief', 'outage', 'dataLoss'];
    const usual = runbook.ladder.map(({ usually }) => order.indexOf(usually));
    expect(usual).toEqual(usual.toSorted((a, b) => a - b));
  });

  it('sets what lets the cause come back before it restarts: both replace the pods', () => {
    const first = (at: WorkloadLook) =>
      runbook.ladder.find((one) => {
        const proposal = one.propose(at, because(causes.pools));
        return (
          'changes' in proposal && proposal.changes.some((draft) => whole(draft, at).disruption !== 'none')
        );
      })?.name;
    const full = { others: both };
    expect(first(look(full))).toBe('set-environment');
    expect(first(look({ ...full, settings: { env: [] } }))).toBe('restart-workload');
  });

  const fits: Readonly<Record<string, readonly CauseName[]>> = {
    'collect-garbage': [causes.leak, causes.unclear],
    'resize-pods': [causes.limit, causes.traffic],
    'scale-out': [causes.sessions, causes.traffic],
    'evict-pod': [causes.leak, causes.pools, causes.contexts, causes.unclear],
    'restart-workload': [causes.leak, causes.pools, causes.contexts, causes.unclear],
    'set-environment': [causes.sessions, causes.pools, causes.contexts],
    'raise-limit': [causes.limit],
    'shorten-sessions': [causes.sessions, causes.contexts],
  };
  for (const [name, right] of Object.entries(fits))
    it(`${name} is against ${right.join(', ')} only`, () => {
      const against = Object.values(causes).filter(
        (cause) => 'changes' in rung(name).propose(look(), because(cause)),
      );
      expect(against.toSorted()).toEqual([...right].toSorted());
    });

  it('does nothing disruptive for page cache, node pressure or a peak of traffic', () => {
    for (const cause of [causes.pageCache, causes.node, causes.traffic])
      for (const one of runbook.ladder) {
        const proposal = one.propose(look(), because(cause));
        const made =
          'skip' in proposal ? [] : proposal.changes.map((draft) => whole(draft, look()).disruption);
        expect(made.filter((disruption) => disruption !== 'none')).toEqual([]);
      }
  });
});

describe("where the cause can't be told", () => {
  it('what disrupts is asked for', () => {
    for (const name of ['evict-pod', 'restart-workload']) {
      const [draft] = drafts(name, look(), because(causes.unclear));
      expect(whole(draft as ChangeDraft, look()).alwaysAsk).toBe(true);
      const [sure] = drafts(name, look(), because(causes.leak));
      expect(whole(sure as ChangeDraft, look()).alwaysAsk).toBe(false);
    }
  });

  it('what neither grows nor was killed is left alone: it may be honest use', () => {
    const { secondsToLimit: _, ...steady } = growth;
    const calm = because(causes.unclear, { growth: steady });
    expect(skip('restart-workload', look(), calm)).toContain('may be honest use');
    expect(skip('evict-pod', look(), calm)).toContain('may be honest use');
  });

  it('a long collection is asked for, a short one is not', () => {
    const large = look({ pod: { process: { rssBytes: 8 * GiB, source: 'exec' } } });
    const small = look({ pod: { process: { rssBytes: 300 * MiB, source: 'exec' } } });
    const asked = (at: WorkloadLook) =>
      drafts('collect-garbage', at, because(causes.unclear)).map((draft) => whole(draft, at).alwaysAsk);
    expect(asked(large)).toEqual([true]);
    expect(asked(small)).toEqual([false]);
  });
});

describe('collecting garbage', () => {
  it('happens in the live process of every full pod, never in a new one', () => {
    const at = look({ others: both });
    expect(drafts('collect-garbage', at, because(causes.leak)).map(({ object }) => object.name)).toEqual([
      'agent-bruno-a',
      'agent-bruno-b',
    ]);
    expect(skip('collect-garbage', look({ settings: { gc: undefined } }), because(causes.leak))).toContain(
      'a new process would free nothing',
    );
  });
});

describe('evicting the one bloated pod', () => {
  it('takes only the one that is full', () => {
    expect(drafts('evict-pod', look(), because(causes.leak)).map(({ object }) => object.name)).toEqual([
      'agent-bruno-a',
    ]);
  });

  it('is for a rolling restart where several are full, or where it is the only one', () => {
    expect(skip('evict-pod', look({ others: both }), because(causes.leak))).toContain('2 pods are full');
    expect(skip('evict-pod', look({ others: [] }), because(causes.leak))).toContain(
      'rolling restart is gentler',
    );
  });

  it('waits for the disruption budget', () => {
    const budget = { name: 'bruno-pdb', disruptionsAllowed: 0 };
    expect(skip('evict-pod', look({ details: { autoscaling: { budget } } }), because(causes.leak))).toContain(
      'bruno-pdb',
    );
  });
});

describe('a rolling restart', () => {
  it('leaves pods alone that start anew by themselves', () => {
    const crashing = pod('agent-bruno-a', {
      waiting: 'CrashLoopBackOff',
      ready: false,
      workingSetBytes: undefined,
    });
    const at = { ...look(), details: { ...look().details, pods: [crashing, pod('agent-bruno-b')] } };
    expect(skip('restart-workload', at, because(causes.leak))).toContain('start by themselves');
  });

  it('waits for a rollout, and for nothing where new templates replace no pod', () => {
    expect(
      skip('restart-workload', look({ workload: { rollout: '1 of 2 updated' } }), because(causes.leak)),
    ).toContain('under way');
    expect(skip('restart-workload', look({ workload: { paused: true } }), because(causes.leak))).toContain(
      'paused',
    );
    const manual = look({ workload: { kind: 'StatefulSet', strategy: 'OnDelete' } });
    expect(skip('restart-workload', manual, because(causes.leak))).toContain('OnDelete');
  });

  it.each([
    ['a Deployment with a surge, one replica', { replicas: 1 }, [], 'brief'],
    ['a Deployment that may take its one pod away first', { replicas: 1, maxUnavailable: '1' }, [], 'outage'],
    ['a Deployment that is recreated', { strategy: 'Recreate' }, undefined, 'outage'],
    ['a StatefulSet of one pod', { kind: 'StatefulSet' as const, replicas: 1 }, [], 'outage'],
    ['a StatefulSet of two', { kind: 'StatefulSet' as const }, undefined, 'brief'],
    ['a DaemonSet on two nodes', { kind: 'DaemonSet' as const }, undefined, 'brief'],
  ])('of %s is said to be what it is now', (_, workload, others, disruption) => {
    const at = look({ workload, ...(others && { others }) });
    const [draft] = drafts('restart-workload', at, because(causes.leak));
    expect(whole(draft as ChangeDraft, at).disruption).toBe(disruption);
  });
});

describe('setting a variable', () => {
  it('sets all that are against the cause and defined in one place, by one rollout', () => {
    const pools = ['REDIS_POOL_SIZE', 'MONGO_POOL_SIZE', 'HTTP_POOL_SIZE'];
    const env = pools.map((name) => ({ name, to: '20', against: 'pools' as const, harm: '' }));
    const configMap = { name: 'agent-env', key: 'http', resourceVersion: '1' };
    const set = pools.map((name) => ({ name, value: '500', from: 'template' as const }));
    const elsewhere = [
      ...set.slice(0, 2),
      { ...set[2], name: 'HTTP_POOL_SIZE', from: 'configMap' as const, configMap },
    ];
    const made = (now: WorkloadLook['details']['workload']['env']) =>
      drafts(
        'set-environment',
        look({ settings: { env }, workload: { env: now } }),
        because(causes.pools),
      ).map(({ fields }) => fields.map(({ name }) => name));
    expect(made(set)).toEqual([pools.map((name) => `env.${name}`)]);
    expect(made(elsewhere)).toEqual([['env.REDIS_POOL_SIZE', 'env.MONGO_POOL_SIZE']]);
  });

  it('sets only what is against the cause', () => {
    const [draft, ...more] = drafts('set-environment', look(), because(causes.sessions));
    expect(more).toEqual([]);
    expect(draft?.fields).toEqual([{ name: 'env.SESSION_TTL', before: '86400', after: '3600' }]);
    expect(drafts('set-environment', look(), because(causes.pools))[0]?.fields[0]?.name).toBe(
      'env.REDIS_POOL_SIZE',
    );
    expect(drafts('set-environment', look(), because(causes.contexts))[0]?.fields[0]?.name).toBe(
      'env.CONTEXT_WINDOW',
    );
  });

  it('never lets sessions live less than 15 minutes, nor widens a bound', () => {
    const env = [{ name: 'SESSION_TTL', to: '600', against: 'sessions' as const, harm: '' }];
    expect(skip('set-environment', look({ settings: { env } }), because(causes.sessions))).toContain(
      'less than 15 min',
    );
    const set = [{ name: 'SESSION_TTL', value: '1800', from: 'template' as const }];
    expect(skip('set-environment', look({ workload: { env: set } }), because(causes.sessions))).toContain(
      'is 1800 already',
    );
  });

  it('is for a restart where a ConfigMap has the value and was written after the pods had started', () => {
    const configMap = { name: 'agent-env', key: 'SESSION_TTL', resourceVersion: '1' };
    const env = [{ name: 'SESSION_TTL', value: '3600', from: 'configMap' as const, configMap }];
    const written = (second: number) => [
      { at: atSecond(second), kind: 'config' as const, what: 'ConfigMap agent-env was written by somebody' },
    ];
    const at = (second: number) => look({ workload: { env }, details: { lately: written(second) } });
    expect(skip('set-environment', at(-60), because(causes.sessions))).toContain('a restart takes it up');
    // Whether it was this setting that was written there, a person must say.
    const [draft] = drafts('restart-workload', at(-60), because(causes.sessions));
    expect(draft).toMatchObject({ kind: 'workload.restart', alwaysAsk: true });
    expect(skip('set-environment', at(-9000), because(causes.sessions))).toBe('SESSION_TTL is 3600 already');
    expect(skip('restart-workload', at(-9000), because(causes.sessions))).toContain('not against');
    expect(skip('restart-workload', look(), because(causes.sessions))).toContain('not against');
  });

  it.each([
    ['a ConfigMap that could not be read', { from: 'configMap' as const }],
    ['no value of its own', { from: 'template' as const }],
  ])('sets nothing where it is defined by %s: the API would refuse it', (why, where) => {
    const env = [{ name: 'SESSION_TTL', ...where }];
    expect(skip('set-environment', look({ workload: { env } }), because(causes.sessions))).toContain(why);
  });

  it('leaves a Secret and what a controller owns alone', () => {
    const env = [{ name: 'SESSION_TTL', value: '86400', from: 'secret' as const }];
    expect(skip('set-environment', look({ workload: { env } }), because(causes.sessions))).toContain(
      'Secret',
    );
    const owners = [owned('containers.agent-bruno.env.SESSION_TTL')];
    expect(skip('set-environment', look({ workload: { owners } }), because(causes.sessions))).toContain(
      'the report has the patch',
    );
    expect(drafts('set-environment', look({ workload: { owners } }), because(causes.pools))).toHaveLength(1);
  });
});

describe('a larger limit', () => {
  const tooSmall = because(causes.limit);
  const fieldsOf = (at: WorkloadLook) => drafts('raise-limit', at, tooSmall)[0]?.fields;

  it("is the source's 2Gi for 1Gi and 512Mi for 256Mi", () => {
    const at = look({ pod: { workingSetBytes: 0.85 * GiB } });
    expect(fieldsOf(at)).toEqual([
      { name: 'limits.memory', before: GiB, after: 2 * GiB },
      { name: 'requests.memory', before: 256 * MiB, after: 512 * MiB },
    ]);
  });

  it('is more where the peak ended in a kill that 70 % of twice the limit would not hold', () => {
    const at = look({ details: { history: history(1.7 * GiB, 1.7 * GiB) } });
    expect(Number(fieldsOf(at)?.[0]?.after)).toBeGreaterThan(2.4 * GiB);
  });

  it('is none for a leak, nor where heap flags, VPA, GitOps, quota or the configuration forbid it', () => {
    expect(skip('raise-limit', look(), because(causes.leak))).toContain('not against');
    expect(skip('raise-limit', look({ workload: { heapFlags: ['-Xmx512m'] } }), tooSmall)).toContain(
      '-Xmx512m',
    );
    expect(
      skip('raise-limit', look({ details: { autoscaling: { vpa: { name: 'v', mode: 'Auto' } } } }), tooSmall),
    ).toContain('VerticalPodAutoscaler');
    expect(
      skip(
        'raise-limit',
        look({ workload: { owners: [owned('containers.agent-bruno.resources')] } }),
        tooSmall,
      ),
    ).toContain('argocd');
    expect(skip('raise-limit', look({ details: { quota: { limitsLeft: GiB } } }), tooSmall)).toContain(
      'quota',
    );
    expect(skip('raise-limit', look({ settings: { maxMemoryBytes: undefined } }), tooSmall)).toContain(
      'maxMemory',
    );
    expect(skip('raise-limit', look({ details: { limitRange: { max: GiB } } }), tooSmall)).toContain(
      'no more than 1 GiB',
    );
  });

  it('keeps the QoS class: Guaranteed stays it, Burstable does not become it', () => {
    const guaranteed = look({ workload: { templateRequestBytes: GiB } });
    const [limit, request] = fieldsOf(guaranteed) ?? [];
    expect(request?.after).toBe(limit?.after);
    const nearly = look({ workload: { templateRequestBytes: GiB - MiB } });
    const [own, asked] = fieldsOf(nearly) ?? [];
    expect(Number(asked?.after)).toBeLessThan(Number(own?.after));
  });

  it('goes to the running pods first, without a restart, where the cluster can', () => {
    expect(drafts('resize-pods', look({ others: both }), tooSmall).map(({ object }) => object.name)).toEqual([
      'agent-bruno-a',
      'agent-bruno-b',
    ]);
    expect(
      skip('resize-pods', look({ details: { cluster: { version: 'v1.30.0', canResize: false } } }), tooSmall),
    ).toContain('can not resize');
    expect(skip('resize-pods', look({ pod: { resizePolicy: 'RestartContainer' } }), tooSmall)).toContain(
      'resize policy',
    );
  });

  it('is refused in place where the node has not the room', () => {
    const crowded = {
      name: 'node-1',
      allocatableBytes: 8 * GiB,
      usedBytes: 7.5 * GiB,
      memoryPressure: false,
    };
    const asked = {
      name: 'node-1',
      allocatableBytes: 8 * GiB,
      usedBytes: GiB,
      requestedBytes: 8 * GiB,
      memoryPressure: false,
    };
    for (const [node, why] of [
      [crowded, 'to spare'],
      [asked, 'left for requests'],
    ] as const) {
      const at = look({ details: { nodes: [node] } });
      const [draft] = drafts('resize-pods', at, tooSmall);
      const kind = anyRunbook(runbook).changeKinds.find((one) => one.kind === 'pod.resize');
      expect(kind?.precondition(whole(draft as ChangeDraft, at), at)).toContain(why);
    }
  });
});

describe('scaling out', () => {
  const busy = because(causes.traffic);
  it("sets the source's 3 replicas, or minReplicas 2 where an HPA owns the number", () => {
    expect(drafts('scale-out', look(), busy)[0]).toMatchObject({
      kind: 'workload.scale',
      fields: [{ before: 2, after: 3 }],
    });
    expect(drafts('scale-out', look({ details: { autoscaling: { hpa } } }), busy)[0]).toMatchObject({
      kind: 'hpa.minReplicas',
      fields: [{ before: 1, after: 2 }],
    });
  });

  it('empties no full pod: not for a leak, and not for connections, of which it makes more', () => {
    expect(skip('scale-out', look(), because(causes.leak))).toContain('would not empty the full ones');
    expect(skip('scale-out', look(), because(causes.pools))).toContain('would open more connections');
  });

  it('is not for a DaemonSet, nor against KEDA or GitOps', () => {
    expect(skip('scale-out', look({ workload: { kind: 'DaemonSet' } }), busy)).toContain('one pod a node');
    expect(
      skip('scale-out', look({ details: { autoscaling: { hpa: { ...hpa, keda: true } } } }), busy),
    ).toContain('KEDA');
    expect(skip('scale-out', look({ workload: { owners: [owned('spec.replicas')] } }), busy)).toContain(
      'argocd',
    );
  });
});

describe('shortening the lives of sessions', () => {
  const many = because(causes.sessions);

  it('loses data, is always asked for, and says how many, how idle and how large', () => {
    const change = whole(drafts('shorten-sessions', look(), many)[0] as ChangeDraft, look());
    expect(change).toMatchObject({ disruption: 'dataLoss', alwaysAsk: true });
    expect(change.disruptionWhy).toBe(
      'there are 400 sessions, 60 % of them idle for 15 min or longer, 3.13 MiB in all: those that are not used again are lost; what their lives were is kept in Redis, about 62.5 KiB, 16 MiB at most',
    );
  });

  it('never goes under 15 minutes, whatever the configuration says', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), (shortenToSeconds) => {
        const at = look({
          settings: {
            sessions: { url: 'redis://r:6379', match: '*', heldBy: 'inProcess', shortenToSeconds },
          },
        });
        const proposal = rung('shorten-sessions').propose(at, many);
        if ('skip' in proposal) return;
        expect(Number(proposal.changes[0]?.fields[0]?.after)).toBeGreaterThanOrEqual(900);
      }),
    );
  });

  it('is only where the pods hold what the sessions hold, by configuration or by history', () => {
    const unknown = { url: 'redis://r:6379', match: '*', heldBy: 'unknown' as const, shortenToSeconds: 3600 };
    expect(skip('shorten-sessions', look({ settings: { sessions: unknown } }), many)).toContain(
      'has not been seen to follow',
    );
  });

  it('is skipped where there is nothing to end, or nobody can tell', () => {
    const at = (more: Parameters<typeof sessions>[0]) => look({ details: { sessions: sessions(more) } });
    expect(skip('shorten-sessions', at({ idleShare: 0.01 }), many)).toContain('hardly any');
    expect(skip('shorten-sessions', at({ idleShare: undefined }), many)).toContain('LFU');
    expect(skip('shorten-sessions', at({ ttlSeconds: [1, 2, 3, 4, 3000] }), many)).toContain(
      'nothing to shorten',
    );
    expect(skip('shorten-sessions', at({ readOnly: true }), many)).toContain('read-only');
  });
});

describe('going back to an earlier release', () => {
  const flatThenUp = (share: number): number => Math.max(0, (share - 0.5) * 2);
  const released = {
    at: atSecond(-29 * 15),
    what: 'revision 7: image agent-bruno:1.4 → 1.5',
    kind: 'rollout' as const,
    previous: '6',
    differs: [{ name: 'image', before: 'agent-bruno:1.4', after: 'agent-bruno:1.5' }],
  };
  const began = { history: history(300 * MiB, 0.95 * GiB, 60, flatThenUp), lately: [released] };

  it('is always asked for, with what differs', () => {
    const at = look({ details: began });
    const change = whole(drafts('undo-release', at, because(causes.leak))[0] as ChangeDraft, at);
    expect(change.alwaysAsk).toBe(true);
    expect(change.fields).toEqual([{ name: 'image', before: 'agent-bruno:1.5', after: 'agent-bruno:1.4' }]);
  });

  it('is not for one after which others came: going back would undo them, too', () => {
    const next = { ...released, at: atSecond(-60), what: 'revision 8', previous: '7' };
    const at = look({ details: { ...began, lately: [released, next] } });
    expect(skip('undo-release', at, because(causes.leak))).toContain(
      'others were rolled out after revision 7',
    );
  });

  it('is not possible for settings, but people are told which were written shortly before', () => {
    const what = 'ConfigMap agent-env was written by kubectl-edit';
    const wrote = (second: number) => ({ at: atSecond(second), what, kind: 'config' as const });
    const at = (second: number) => look({ details: { ...began, lately: [wrote(second)] } });
    expect(skip('undo-release', at(-30 * 15), because(causes.leak))).toBe(
      `no release began together with the growth; but shortly before it began ${what} at 2026-03-01 02:52:30 UTC`,
    );
    for (const second of [-60, -3600])
      expect(skip('undo-release', at(second), because(causes.leak))).not.toContain('agent-env');
  });

  it('is only for the release with which the growth began', () => {
    expect(skip('undo-release', look(), because(causes.leak))).toContain('no release began');
    const late = { ...released, at: atSecond(-60) };
    expect(
      skip('undo-release', look({ details: { ...began, lately: [late] } }), because(causes.leak)),
    ).toContain('no release began');
  });
});

describe('whatever is seen', () => {
  it('every proposal is one that its own precondition allows on the same look, and reads well', () => {
    const kinds = anyRunbook(runbook).changeKinds;
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(causes)),
        fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'),
        fc.integer({ min: 50, max: 110 }),
        fc.boolean(),
        fc.boolean(),
        (cause, kind, percent, paused, rolling) => {
          const at = look({
            pod: { workingSetBytes: (percent / 100) * GiB },
            workload: { kind, paused, ...(rolling && { rollout: '1 of 2 updated' }) },
          });
          for (const one of runbook.ladder) {
            const proposal = one.propose(at, because(cause));
            if ('skip' in proposal) {
              expect(proposal.skip).not.toMatch(/undefined|NaN/);
              continue;
            }
            for (const draft of proposal.changes) {
              const change = whole(draft, at);
              const rules = kinds.find(({ kind: name }) => name === draft.kind);
              expect(rules?.precondition(change, at)).toBeNull();
              expect(`${change.sentence} ${change.command} ${change.disruptionWhy}`).not.toMatch(
                /undefined|NaN|\[object/,
              );
            }
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('a release whose pods are killed while they start', () => {
  const released = {
    at: atSecond(-130),
    what: 'revision 7: image agent-bruno:1.4 → 1.5',
    kind: 'rollout' as const,
    previous: '6',
    differs: [{ name: 'image', before: 'agent-bruno:1.4', after: 'agent-bruno:1.5' }],
  };
  const {
    workingSetBytes: _,
    startedAt: __,
    ...down
  } = pod('agent-bruno-a', {
    restarts: 3,
    ready: false,
    waiting: 'CrashLoopBackOff',
    createdAt: atSecond(-120),
    lastEnd: { reason: 'OOMKilled', exitCode: 137, at: atSecond(-30) },
  });
  const stuck = look({ workload: { rollout: 'it is stuck' }, details: { lately: [released] } });
  const at: WorkloadLook = { ...stuck, details: { ...stuck.details, pods: [down, pod('agent-bruno-b')] } };

  it('can be undone although its rollout is under way: that is the trouble', () => {
    const [draft] = drafts('undo-release', at, because(causes.limit));
    const change = whole(draft as ChangeDraft, at);
    expect(change).toMatchObject({ alwaysAsk: true, params: { toRevision: '6' } });
    const kind = anyRunbook(runbook).changeKinds.find((one) => one.kind === 'workload.undoRollout');
    expect(kind?.precondition(change, at)).toBeNull();
  });

  it('is not restarted once more: it restarts by itself', () => {
    expect(skip('restart-workload', at, because(causes.unclear))).toContain('under way');
    expect(skip('evict-pod', at, because(causes.unclear))).toContain('no running pod');
  });
});
