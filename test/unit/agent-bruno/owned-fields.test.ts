/** What somebody else sets again is left alone by the ladder, and handed over as a patch by the report. */
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { JsonObject } from '../../../model/json.js';
import type { FieldOwner, LatelyChanged, WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Recommendation } from '../../../model/runbook.js';
import { type CauseName, causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { ownedFields } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/prevention/owned-fields.js';
import { yaml } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/prevention/patches.js';
import { recommend } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/prevention.js';
import { because, drafts, hpa, look, owned, skip, whole } from '../../support/bruno-rungs.js';
import { atSecond, GiB, history, MiB } from '../../support/workload-looks.js';

function handedOver(cause: CauseName, at: WorkloadLook): readonly Recommendation[] {
  return ownedFields({ first: at, latest: at, samples: [], diagnosis: because(cause), applied: [] });
}

/** The only patch, read back. */
function patchOf(cause: CauseName, at: WorkloadLook): object {
  const [one, ...others] = handedOver(cause, at);
  expect(others).toEqual([]);
  return parse(one?.snippet?.text ?? '') as object;
}

const container = (body: object) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'agent-bruno', namespace: 'bruno' },
  spec: { template: { spec: { containers: [{ name: 'agent-bruno', ...body }] } } },
});

describe('an autoscaler', () => {
  const scaled = (more: object) => look({ details: { autoscaling: { hpa: { ...hpa, ...more } } } });
  const object = { kind: 'HorizontalPodAutoscaler', name: hpa.name };
  const owners: readonly FieldOwner[] = [{ ...owned('spec.minReplicas'), object }];

  it('that a GitOps controller sets again is not fought, but handed over', () => {
    const at = scaled({ owners });
    expect(skip('scale-out', at, because(causes.traffic))).toBe(
      'argocd owns spec.minReplicas (its mark) and would set it back: the report has the patch to apply there',
    );
    expect(patchOf(causes.traffic, at)).toEqual({
      apiVersion: 'autoscaling/v2',
      kind: 'HorizontalPodAutoscaler',
      metadata: { name: 'agent-bruno-hpa', namespace: 'bruno' },
      spec: { minReplicas: 2 },
    });
    const helm = scaled({ owners: owners.map((one) => ({ ...one, reconciles: false })) });
    expect(drafts('scale-out', helm, because(causes.traffic))).toHaveLength(1);
    expect(handedOver(causes.traffic, helm)).toEqual([]);
  });

  it('of KEDA is told to its ScaledObject', () => {
    const at = scaled({ keda: true, scaledObject: 'bruno' });
    expect(skip('scale-out', at, because(causes.traffic))).toContain('the report has the patch');
    expect(patchOf(causes.traffic, at)).toEqual({
      apiVersion: 'keda.sh/v1alpha1',
      kind: 'ScaledObject',
      metadata: { name: 'bruno', namespace: 'bruno' },
      spec: { minReplicaCount: 2 },
    });
  });

  it('that sets memory keeps what else it was told', () => {
    const policies: readonly JsonObject[] = [
      {
        containerName: '*',
        controlledResources: ['cpu', 'memory'],
        maxAllowed: { cpu: '2', memory: '300Mi' },
      },
      { containerName: 'side-car', mode: 'Off' },
    ];
    const vpa = { name: 'v', mode: 'Auto', policies };
    expect(patchOf(causes.limit, look({ details: { autoscaling: { vpa } } }))).toMatchObject({
      kind: 'VerticalPodAutoscaler',
      spec: {
        resourcePolicy: {
          containerPolicies: [
            ...policies,
            {
              containerName: 'agent-bruno',
              controlledResources: ['cpu', 'memory'],
              minAllowed: { memory: '512Mi' },
              maxAllowed: { cpu: '2', memory: '512Mi' },
            },
          ],
        },
      },
    });
    expect(
      handedOver(causes.limit, look({ details: { autoscaling: { vpa: { name: 'v', mode: 'Off' } } } })),
    ).toEqual([]);
  });
});

describe('a field of the workload', () => {
  const at = (field: string, more = {}) => look({ workload: { owners: [owned(field)], ...more } });

  it('is patched by its name: limit, replicas, a variable', () => {
    const resources = { limits: { memory: '2048Mi' }, requests: { memory: '512Mi' } };
    expect(patchOf(causes.limit, at('containers.agent-bruno.resources'))).toEqual(container({ resources }));
    expect(patchOf(causes.sessions, at('spec.replicas'))).toMatchObject({ spec: { replicas: 3 } });
    expect(patchOf(causes.contexts, at('containers.agent-bruno.env.CONTEXT_WINDOW'))).toEqual(
      container({ env: [{ name: 'CONTEXT_WINDOW', value: '20' }] }),
    );
  });

  it('is only patched against the cause, and only where the patch would change something', () => {
    for (const cause of [causes.leak, causes.pools])
      expect(handedOver(cause, at('containers.agent-bruno.env.CONTEXT_WINDOW'))).toEqual([]);
    const env = [{ name: 'CONTEXT_WINDOW', value: '20', from: 'template' as const }];
    expect(handedOver(causes.contexts, at('containers.agent-bruno.env.CONTEXT_WINDOW', { env }))).toEqual([]);
  });

  it('in a ConfigMap is patched there, and is not told twice', () => {
    const configMap = { name: 'settings', key: 'ttl', resourceVersion: '1' };
    const object = { kind: 'ConfigMap', name: 'settings' };
    const owners = [{ ...owned('containers.agent-bruno.env.SESSION_TTL'), object }];
    const env = [{ name: 'SESSION_TTL', value: '86400', from: 'configMap' as const, configMap }];
    const held = look({ workload: { owners, env } });
    const patch = patchOf(causes.sessions, held);
    expect(patch).toEqual({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'bruno' },
      data: { ttl: '3600' },
    });
    const all = recommend({
      first: held,
      latest: held,
      samples: [],
      diagnosis: because(causes.sessions),
      applied: [],
    }).filter(({ title }) => title.startsWith('Set SESSION_TTL'));
    expect(all.map(({ title }) => title)).toEqual(['Set SESSION_TTL to 3600 through argocd']);
    expect(all[0]?.why).toContain('restart the pods afterwards');
  });
});

describe('a release', () => {
  const name = 'containers.agent-bruno.env.MODEL';
  const released: LatelyChanged = {
    at: atSecond(-29 * 15),
    what: 'revision 7: image agent-bruno:1.4 → 1.5',
    kind: 'rollout',
    previous: '6',
    differs: [
      { name: 'containers.agent-bruno.image', before: 'agent-bruno:1.4', after: 'agent-bruno:1.5' },
      { name, before: 'small', after: 'large' },
      { name: 'containers.agent-bruno.env.NEW', before: null, after: 'yes' },
      { name: 'containers.agent-bruno.env.TOKEN', before: '[redacted]', after: '[redacted]' },
      { name: 'containers.agent-bruno.args.0', before: '-a', after: '-b' },
    ],
    more: 4,
  };
  const flatThenUp = (share: number): number => Math.max(0, (share - 0.5) * 2);
  const at = (fields: readonly string[]) =>
    look({
      workload: { owners: fields.map(owned) },
      details: { history: history(300 * MiB, 0.95 * GiB, 60, flatThenUp), lately: [released] },
    });
  const leak = because(causes.leak);

  it('of which somebody sets anything again is not taken back, whatever field that is', () => {
    for (const field of [name, 'template', 'containers.agent-bruno.args', 'containers.agent-bruno.image'])
      expect(skip('undo-release', at([field]), leak)).toContain(`argocd owns ${field}`);
    const others = [
      'containers.agent-bruno.resources',
      'spec.replicas',
      'containers.agent-bruno.env.MODEL_B',
    ];
    expect(drafts('undo-release', at(others), leak)).toHaveLength(1);
  });

  it('says of all that going back would change, what there was no room for, too', () => {
    const [draft] = drafts('undo-release', at([]), leak);
    if (draft === undefined) throw new Error('nothing was proposed');
    expect(whole(draft, at([])).sentence).toMatch(/args\.0, and 4 more fields\)$/);
  });

  it('is handed over with its images and variables, and with the names of the rest', () => {
    const [advice] = handedOver(causes.leak, at(['template']));
    expect(advice?.title).toBe('Go back to revision 6 through argocd');
    expect(advice?.why).toMatch(/leaves out: .*env\.TOKEN, .*args\.0, 4 more fields/);
    expect(parse(advice?.snippet?.text ?? '')).toEqual(
      container({
        image: 'agent-bruno:1.4',
        env: [
          { name: 'MODEL', value: 'small' },
          { name: 'NEW', $patch: 'delete' },
        ],
      }),
    );
    expect(handedOver(causes.traffic, at(['template']))).toEqual([]);
    expect(handedOver(causes.leak, at([]))).toEqual([]);
  });
});

describe('patches', () => {
  it('are YAML that reads back as what it was', () => {
    const value: JsonObject = {
      plain: 'agent-bruno',
      version: '1.5',
      truth: 'true',
      word: 'no',
      text: 'a: "b"\n#c',
      number: 3,
      'odd key:': null,
      empty: {},
      none: [],
      list: ['a', { name: 'x', deep: { list: [{ a: '1' }, { b: 2 }] } }, 7],
    };
    expect(parse(yaml(value))).toEqual(value);
  });
});
