import type { ChangeDraft, ChangeKind } from '../../change.js';
import type { PodReading, WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import { notKnown, sentence } from './bounds.js';
import { podHarm, rolloutAlerts } from './harm.js';
import { podObject, podRef, podRefusal } from './object.js';
import type { PodEvictParams } from './params.js';

/** A disruption budget that says wait may take so long, seconds; then the change is given up. */
const budgetSeconds = 120;

/** Takes one bloated pod away, by the eviction API, so that disruption budgets hold. */
export function planPodEvict(
  look: WorkloadLook,
  pod: PodReading,
  graceSeconds: number,
): ChangeDraft<PodEvictParams> {
  const object = podObject(pod);
  return {
    kind: 'pod.evict',
    object,
    touches: [object.key],
    fields: [],
    params: { ref: podRef(look, pod), graceSeconds },
    fresh: {},
  };
}

export const podEvict: ChangeKind<PodEvictParams, WorkloadLook> = {
  kind: 'pod.evict',
  title: 'Evict one pod; its controller makes a new one',
  disruption: (draft, look) => podHarm(look, draft.object.key),
  describe: ({ object, params: { ref } }) => ({
    sentence: `Evict pod ${object.name}`,
    command: `${shellCommand(['echo', evictionOf(object.name, ref.namespace)])} | ${shellCommand(['kubectl', '--context', ref.cluster, 'create', '--raw', `/api/v1/namespaces/${ref.namespace}/pods/${object.name}/eviction`, '-f', '-'])}`,
  }),
  precondition: (change, look) => podRefusal(change, look) ?? sentence(notKnown(look, 'budget')),
  undo: () => ({ none: 'An evicted pod does not come back; another one takes its place.' }),
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.graceSeconds + budgetSeconds + 300,
};

/** kubectl has no word for an eviction, and `create -f` knows it for no kind: it is posted to the pod itself. */
function evictionOf(name: string, namespace: string): string {
  return JSON.stringify({ apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } });
}
