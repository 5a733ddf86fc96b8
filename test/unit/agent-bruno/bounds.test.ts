import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Bound, NodeReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { ownedFields } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/prevention/owned-fields.js';
import { because, drafts, hpa, look, owned, refusal, rung, skip } from '../../support/bruno-rungs.js';
import { GiB, type LookParts, MiB, pod } from '../../support/workload-looks.js';

const busy = because(causes.traffic);
const tooSmall = because(causes.limit);
const leak = because(causes.leak);

/** What a rung would have changed on a look on which all was read, tried on another. */
function late(name: string, diagnosis: typeof busy, now: WorkloadLook, planned = look()): string | null {
  const [draft] = drafts(name, planned, diagnosis);
  if (draft === undefined) throw new Error(`${name} proposed nothing`);
  return refusal(draft, now);
}

describe('what could not be read of what forbids a change', () => {
  const unread = (bound: Bound): WorkloadLook =>
    look({ details: { unread: { [bound]: 'GET … answered 403: forbidden.' } } });

  it.each([
    ['scale-out', busy, 'hpa', 'whether an autoscaler owns the number of replicas is not known'],
    ['scale-out', busy, 'quota', 'quota'],
    ['resize-pods', tooSmall, 'vpa', 'whether a VerticalPodAutoscaler owns requests and limits is not known'],
    ['resize-pods', tooSmall, 'quota', 'whether the namespace’s quota has the room is not known'],
    ['resize-pods', tooSmall, 'limitRange', 'whether a LimitRange allows it is not known'],
    ['raise-limit', tooSmall, 'vpa', 'VerticalPodAutoscaler'],
    ['raise-limit', tooSmall, 'quota', 'quota'],
    ['raise-limit', tooSmall, 'limitRange', 'LimitRange'],
    ['evict-pod', leak, 'budget', 'whether a disruption budget forbids it is not known'],
  ] as const)('forbids it, with the reason: %s, %#', (name, diagnosis, bound, words) => {
    expect(skip(name, unread(bound), diagnosis)).toContain(words);
    expect(skip(name, unread(bound), diagnosis)).toContain('answered 403');
    // What was there at planning may be out of sight right before the change.
    expect(late(name, diagnosis, unread(bound))).toMatch(/^W.*is not known: .*answered 403: forbidden\.$/);
  });

  it('is no reason to leave what was added: it is taken back', () => {
    const [draft] = drafts('scale-out', look(), busy);
    if (draft === undefined) throw new Error('nothing was proposed');
    const back = { ...draft, fields: [{ name: 'replicas', before: 3, after: 2 }] };
    const now = look({ workload: { replicas: 3 }, details: { unread: { hpa: '403', quota: '403' } } });
    expect(refusal(back, now)).toBeNull();
  });

  it('is told where an autoscaler that was planned for is out of sight', () => {
    const planned = look({ details: { autoscaling: { hpa } } });
    expect(late('scale-out', busy, unread('hpa'), planned)).toContain('answered 403');
    expect(late('scale-out', busy, look(), planned)).toContain('not there any more');
  });

  it('may be a heap’s size: a larger limit is not given then', () => {
    for (const name of ['raise-limit', 'resize-pods'])
      expect(skip(name, unread('heapFlags'), tooSmall)).toContain('whether its heap has a fixed size');
  });

  it('is asked for nobody else’s change', () => {
    const most = look({ details: { unread: { hpa: 'x', vpa: 'x', quota: 'x', limitRange: 'x' } } });
    expect(drafts('evict-pod', most, leak)).toHaveLength(1);
    expect(drafts('restart-workload', most, leak)).toHaveLength(1);
  });
});

describe('a VerticalPodAutoscaler', () => {
  const at = (mode: string) => look({ details: { autoscaling: { vpa: { name: 'v', mode } } } });

  it('that sets what running pods have forbids resizing them, and any that sets what new ones have the template', () => {
    for (const mode of ['Auto', 'Recreate', 'InPlaceOrRecreate']) {
      expect(skip('resize-pods', at(mode), tooSmall)).toContain(`(${mode}) owns requests and limits`);
      expect(late('resize-pods', tooSmall, at(mode))).toContain(`(${mode}) owns requests and limits`);
      expect(late('raise-limit', tooSmall, at(mode))).toContain(`(${mode}) owns requests and limits`);
    }
    expect(drafts('resize-pods', at('Initial'), tooSmall)).toHaveLength(1);
    expect(skip('raise-limit', at('Initial'), tooSmall)).toContain('(Initial) owns requests and limits');
    expect(drafts('raise-limit', at('Off'), tooSmall)).toHaveLength(1);
  });
});

describe('an operator', () => {
  it('that owns the figures is not fought in its running pods either; GitOps knows the template only', () => {
    const by = (owner: string) =>
      look({ workload: { owners: [{ ...owned('containers.agent-bruno.resources'), owner }] } });
    expect(skip('resize-pods', by('Agent bruno'), tooSmall)).toContain('Agent bruno owns');
    expect(drafts('resize-pods', by('argocd'), tooSmall)).toHaveLength(1);
    // The patch that the skip promises is there whatever the remedy was against.
    for (const diagnosis of [tooSmall, busy]) {
      const [at, samples] = [by('Agent bruno'), []];
      const advice = ownedFields({ first: at, latest: at, samples, diagnosis, applied: [] });
      expect(advice.map(({ title }) => title)).toContain('Raise the limit through Agent bruno');
    }
  });
});

describe('room for larger pods', () => {
  const node = (more: Partial<NodeReading> = {}): NodeReading => ({
    name: 'node-1',
    allocatableBytes: 8 * GiB,
    usedBytes: 2 * GiB,
    requestedBytes: 4 * GiB,
    memoryPressure: false,
    ...more,
  });
  const on = (kind: 'Deployment' | 'StatefulSet' | 'DaemonSet', nodes: NodeReading[], more: LookParts = {}) =>
    look({
      ...more,
      workload: { kind, ...(kind !== 'Deployment' && { maxSurge: undefined }), ...more.workload },
      details: { nodes, ...more.details },
    });

  it.each(['StatefulSet', 'DaemonSet'] as const)(
    'is looked for before a %s loses a pod whose successor would wait for ever',
    (kind) => {
      const planned = on(kind, [node()]);
      expect(drafts('raise-limit', planned, tooSmall)).toHaveLength(1);
      for (const [crowded, why] of [
        [node({ requestedBytes: 7.8 * GiB }), 'left for requests, 512 MiB more were wanted'],
        [node({ usedBytes: 7 * GiB }), 'to spare'],
        [node({ memoryPressure: true }), 'short of memory'],
        [node({ usedBytes: undefined }), 'is not known'],
        [node({ requestedBytes: undefined }), 'has promised to others is not known'],
      ] as const) {
        expect(skip('raise-limit', on(kind, [crowded]), tooSmall)).toContain(why);
        expect(late('raise-limit', tooSmall, on(kind, [crowded]), planned)).toContain(why);
      }
      expect(skip('raise-limit', on(kind, []), tooSmall)).toContain('is not known');
    },
  );

  it('is counted node by node: both pods on one want twice as much as one', () => {
    const tight = node({ requestedBytes: 7.6 * GiB });
    expect(skip('raise-limit', on('StatefulSet', [tight]), tooSmall)).toContain('left for requests');
    const apart = on('StatefulSet', [tight, { ...tight, name: 'node-2' }], {
      others: [pod('agent-bruno-b', { node: 'node-2' })],
    });
    expect(drafts('raise-limit', apart, tooSmall)).toHaveLength(1);
  });

  it('of a Deployment is for one pod more, on any of its nodes', () => {
    const full = node({ requestedBytes: 7.8 * GiB });
    expect(skip('raise-limit', on('Deployment', [full]), tooSmall)).toContain('has room for one more');
    expect(drafts('raise-limit', on('Deployment', [full, node({ name: 'node-2' })]), tooSmall)).toHaveLength(
      1,
    );
    // Where pods may go before their successors are ready, their own room will do.
    const nearly = node({ requestedBytes: 7.5 * GiB, usedBytes: 5.8 * GiB });
    const replaced = { workload: { maxUnavailable: '1' } };
    expect(skip('raise-limit', on('Deployment', [nearly]), tooSmall)).toContain('has room for one more');
    expect(skip('raise-limit', on('Deployment', [full], replaced), tooSmall)).toContain('one more');
    const half = node({ requestedBytes: 7.5 * GiB, usedBytes: 5.55 * GiB });
    expect(drafts('raise-limit', on('Deployment', [half], replaced), tooSmall)).toHaveLength(1);
  });

  it('of a Deployment that is recreated is that of each of its pods', () => {
    const recreated = { workload: { strategy: 'Recreate' } };
    const unknown = on('Deployment', [node({ requestedBytes: undefined })], recreated);
    expect(skip('raise-limit', unknown, tooSmall)).toContain('has promised to others is not known');
    // One that comes besides only waits, and the rollout is taken back.
    expect(
      drafts('raise-limit', on('Deployment', [node({ requestedBytes: undefined })]), tooSmall),
    ).toHaveLength(1);
  });

  it('is not asked for when a rollout that went wrong is taken back', () => {
    const [draft] = drafts('raise-limit', on('StatefulSet', [node()]), tooSmall);
    if (draft === undefined) throw new Error('nothing was proposed');
    const fields = draft.fields.map(({ name, before, after }) => ({ name, before: after, after: before }));
    const now = on('StatefulSet', [node({ requestedBytes: 8 * GiB })], {
      workload: { templateLimitBytes: 2 * GiB, rollout: 'it is stuck' },
      details: { unread: { vpa: 'x', quota: 'x' } },
    });
    expect(refusal({ ...draft, fields, fresh: { undoes: 'i/1' } }, now)).toBeNull();
  });
});

describe('the quota', () => {
  const left = (limitsLeft: number, parts: LookParts = {}) =>
    look({ ...parts, details: { quota: { limitsLeft }, ...parts.details } });

  it('has to hold what a rollout adds for its time: a pod more, of the whole limit', () => {
    // Two pods of 1 GiB become 2 GiB each, and one old one is still there when the last new one comes.
    expect(skip('raise-limit', left(2.5 * GiB), tooSmall)).toContain('3 GiB more were wanted');
    expect(drafts('raise-limit', left(3 * GiB), tooSmall)).toHaveLength(1);
    const set = { workload: { kind: 'StatefulSet' as const, maxSurge: undefined } };
    expect(skip('raise-limit', left(1.5 * GiB, set), tooSmall)).toContain('2 GiB more were wanted');
    const one = { workload: { replicas: 1 }, others: [] };
    expect(skip('raise-limit', left(1.5 * GiB, one), tooSmall)).toContain('2 GiB more were wanted');
    expect(late('raise-limit', tooSmall, left(2.5 * GiB))).toContain('3 GiB more were wanted');
  });

  it('has to hold only the pods that are resized', () => {
    expect(drafts('resize-pods', left(GiB), tooSmall)).toHaveLength(1);
    expect(skip('resize-pods', left(GiB - MiB), tooSmall)).toContain('1 GiB more were wanted');
    expect(late('resize-pods', tooSmall, left(GiB - MiB))).toContain('1 GiB more were wanted');
  });

  it('has to hold the pods that are added', () => {
    expect(skip('scale-out', left(GiB - MiB), busy)).toContain('quota');
    expect(late('scale-out', busy, left(GiB - MiB))).toContain('quota');
    // An autoscaler with 2 pods now: at least 3 are one more.
    const scaled = { autoscaling: { hpa: { ...hpa, current: 2 } } };
    expect(skip('scale-out', left(GiB - MiB, { details: scaled }), busy)).toContain('quota');
    expect(drafts('scale-out', left(GiB, { details: scaled }), busy)).toHaveLength(1);
  });
});

describe('whatever is there or could not be read', () => {
  const bytes = fc.integer({ min: 0, max: 16 }).map((half) => half * 0.5 * GiB);
  const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
  const node = fc.record({
    name: fc.constantFrom('node-1', 'node-2'),
    allocatableBytes: fc.constant(8 * GiB),
    usedBytes: maybe(bytes),
    requestedBytes: maybe(bytes),
    memoryPressure: fc.boolean(),
  });
  const details = fc.record({
    nodes: fc.array(node, { maxLength: 2 }),
    quota: maybe(fc.record({ limitsLeft: bytes, requestsLeft: bytes })),
    limitRange: maybe(fc.record({ max: bytes })),
    autoscaling: fc.record({
      vpa: maybe(fc.record({ name: fc.constant('v'), mode: fc.constantFrom('Off', 'Initial', 'Auto') })),
      hpa: maybe(fc.constant(hpa)),
    }),
    unread: fc.dictionary(
      fc.constantFrom('hpa', 'vpa', 'quota', 'limitRange', 'budget'),
      fc.constant('403'),
      {
        maxKeys: 2,
      },
    ),
  });

  it('what a rung proposes is not refused on the very same look, in place or not', () => {
    fc.assert(
      fc.property(
        details,
        fc.constantFrom('Deployment', 'StatefulSet', 'DaemonSet'),
        fc.constantFrom('raise-limit', 'resize-pods', 'scale-out', 'evict-pod'),
        (given, kind, name) => {
          const at = look({ workload: { kind }, details: definedOf(given) });
          const diagnosis = { 'scale-out': busy, 'evict-pod': leak }[name as string] ?? tooSmall;
          const proposal = rung(name).propose(at, diagnosis);
          const refused = 'skip' in proposal ? [] : proposal.changes.map((draft) => refusal(draft, at));
          // A pod's own node is looked at right before it is resized only.
          expect(
            refused.filter((why) => why !== null && !(name === 'resize-pods' && /node/.test(why))),
          ).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});

/** As JSON has it: what is undefined is not there. */
function definedOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T;
}
