import { type ChangeDraft, type ChangeKind, type FieldChange, wentWrong } from '../../change.js';
import { bytes } from '../../format.js';
import type { PodReading, WorkloadLook } from '../../kubernetes/details.js';
import { shellCommand } from '../shell.js';
import {
  limitRangeForbids,
  type MemoryFigures,
  quotaForbids,
  riseOfRollout,
  sentence,
  vpaForbids,
} from './bounds.js';
import { turned } from './field.js';
import { podsRestarted, rolloutAlerts, rolloutHarm } from './harm.js';
import { podNodeForbids, rolloutNodesForbid } from './node-room.js';
import {
  findPod,
  kubectlName,
  kubectlWhere,
  podObject,
  podRef,
  podRefusal,
  templateRefusal,
  workloadObject,
  workloadRef,
} from './object.js';
import type { PodResizeParams, WorkloadMemoryParams } from './params.js';
import { progressSeconds } from './progress.js';
import { undoes } from './undoes.js';

/** Modes in which a VPA does not set what new pods, or pods that run, may have. */
export const vpaIdle: Readonly<Record<'newPods' | 'runningPods', readonly string[]>> = {
  newPods: ['Off'],
  runningPods: ['Off', 'Initial'],
};

/** Another limit and request in the template: every pod is replaced. */
export function planWorkloadMemory(
  look: WorkloadLook,
  wanted: MemoryFigures,
): ChangeDraft<WorkloadMemoryParams> {
  const object = workloadObject(look);
  const { container, templateLimitBytes, templateRequestBytes } = look.details.workload;
  return {
    kind: 'workload.memory',
    object,
    touches: [object.key],
    fields: memoryFields({ limitBytes: templateLimitBytes, requestBytes: templateRequestBytes }, wanted),
    params: { ref: workloadRef(look), container, progressSeconds: progressSeconds(look) },
    fresh: { resourceVersion: look.details.workload.resourceVersion },
  };
}

/** Another limit and request of one running pod, in place. */
export function planPodResize(
  look: WorkloadLook,
  pod: PodReading,
  wanted: MemoryFigures,
): ChangeDraft<PodResizeParams> {
  const object = podObject(pod);
  return {
    kind: 'pod.resize',
    object,
    touches: [object.key],
    fields: memoryFields(pod, wanted),
    params: { ref: podRef(look, pod), container: look.details.workload.container },
    fresh: {},
  };
}

function memoryFields(
  now: { readonly limitBytes?: number; readonly requestBytes?: number },
  wanted: MemoryFigures,
): readonly FieldChange[] {
  const limit = { name: 'limits.memory', before: now.limitBytes ?? null, after: wanted.limitBytes };
  // What has no request has its limit for one.
  const request = now.requestBytes ?? now.limitBytes ?? null;
  return request === wanted.requestBytes
    ? [limit]
    : [limit, { name: 'requests.memory', before: request, after: wanted.requestBytes }];
}

export const workloadMemory: ChangeKind<WorkloadMemoryParams, WorkloadLook> = {
  kind: 'workload.memory',
  title: 'Set memory limit and request in the template',
  disruption: (_draft, look) => rolloutHarm(look),
  describe(draft) {
    const { ref, container } = draft.params;
    return {
      sentence: `Set the memory limit of ${kubectlName(ref)} from ${said(draft).from} to ${said(draft).to}; its pods are replaced`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'set',
        'resources',
        kubectlName(ref),
        '-c',
        container,
        ...flags(draft),
      ]),
    };
  },
  precondition(change, look) {
    const refusal = templateRefusal(change, look);
    if (refusal !== null) return refusal;
    const { templateLimitBytes: now, name } = look.details.workload;
    const { before, after } = limitField(change);
    if ((now ?? null) === after) return null;
    return (now ?? null) === before
      ? sentence(rolloutForbidden(look, change))
      : `The limit of ${name} is ${now === undefined ? 'not set' : bytes(now)} now: somebody else has set it.`;
  },
  undo(change, effect) {
    // A rollout that went wrong goes back; one that went well is what was asked for, and stays.
    if (effect !== undefined && wentWrong(effect) === undefined)
      return { none: 'The new limit stays: it is what was asked for.' };
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  creditedTo: podsRestarted,
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};

/** Why a raise that its node would not do is not taken back any more. */
export function landedWords(pod: string): string {
  return `The node of pod ${pod} has raised its limit meanwhile: it stays until the pod is replaced, since a lower one could kill it.`;
}

export const podResize: ChangeKind<PodResizeParams, WorkloadLook> = {
  kind: 'pod.resize',
  title: 'Set memory limit and request of a running pod, in place',
  endsByItself: true,
  disruption(draft, look) {
    if (undoes(draft) !== undefined)
      return { disruption: 'none', why: 'its node has never raised it, so nothing that runs gets less' };
    const pod = findPod(look, draft.object.key);
    if (pod?.resizePolicy === 'RestartContainer')
      return { disruption: 'outage', why: 'its resize policy says that the container is restarted for it' };
    const { before, after } = limitField(draft);
    return before !== null && after !== null && after < before
      ? { disruption: 'outage', why: 'what does not fit under a lower limit may be killed' }
      : { disruption: 'none', why: 'a limit is raised while the container runs' };
  },
  describe(draft) {
    const { ref, container } = draft.params;
    const memory = (name: string) => draft.fields.find((field) => field.name === name)?.after;
    const resources = {
      limits: { memory: quantity(memory('limits.memory')) },
      ...(memory('requests.memory') !== undefined && {
        requests: { memory: quantity(memory('requests.memory')) },
      }),
    };
    const patch = JSON.stringify({ spec: { containers: [{ name: container, resources }] } });
    const { from, to } = said(draft);
    return {
      sentence:
        undoes(draft) === undefined
          ? `Raise the memory limit of pod ${ref.name} in place from ${from} to ${to}, until it is replaced`
          : `Set the memory limit in the spec of pod ${ref.name} back from ${from} to ${to}`,
      command: shellCommand([
        'kubectl',
        ...kubectlWhere(ref),
        'patch',
        'pod',
        ref.name,
        '--subresource',
        'resize',
        '-p',
        patch,
      ]),
    };
  },
  precondition(change, look) {
    const refusal = podRefusal(change, look);
    if (refusal !== null) return refusal;
    if (!look.details.cluster.canResize) return 'This cluster can not resize pods in place.';
    const pod = findPod(look, change.object.key);
    const { before, after } = limitField(change);
    const now = pod?.limitBytes;
    if (undoes(change) !== undefined && now === before) return landedWords(change.object.name);
    if ((now ?? null) !== before && (now ?? null) !== after)
      return `Its limit is ${now === undefined ? 'not set' : bytes(now)} now: somebody else has set it.`;
    return now === after ? null : sentence(resizeForbidden(look, pod, change));
  },
  undo(change, effect) {
    if (effect === undefined || wentWrong(effect) === undefined)
      return { none: 'It ends with the pod. A lower limit could kill it, so it is not lowered by itself.' };
    // What the node has not done stays wanted in the pod's spec: it may come at any time, and stops another figure.
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  timeoutSeconds: () => 90,
};

/** Why pods of the new template may not have so much, or null. What is taken back is less: it has its room. */
function rolloutForbidden(look: WorkloadLook, change: Pick<ChangeDraft, 'fields' | 'kind'>): string | null {
  const { before, after } = limitField(change);
  if (after === null || (before !== null && after <= before)) return null;
  const { templateRequestBytes } = look.details.workload;
  const request = change.fields.find(({ name }) => name === 'requests.memory')?.after;
  const requestBytes = typeof request === 'number' ? request : (templateRequestBytes ?? after);
  const wanted = { limitBytes: after, requestBytes };
  return (
    vpaForbids(look, vpaIdle.newPods) ??
    limitRangeForbids(look, wanted) ??
    quotaForbids(look, riseOfRollout(look, wanted)) ??
    rolloutNodesForbid(look, wanted)
  );
}

/** The same of one pod that runs. */
function resizeForbidden(
  look: WorkloadLook,
  pod: PodReading | undefined,
  change: Pick<ChangeDraft, 'fields' | 'kind'>,
): string | null {
  const { before, after } = limitField(change);
  const limits = (after ?? 0) - (before ?? 0);
  // Less than it has needs nobody's leave.
  if (limits <= 0) return null;
  const more = { limits, requests: requestRise(change) };
  return (
    vpaForbids(look, vpaIdle.runningPods) ??
    limitRangeForbids(look, { limitBytes: after ?? 0, requestBytes: 0 }) ??
    quotaForbids(look, more) ??
    podNodeForbids(look, pod, more)
  );
}

function requestRise({ fields }: Pick<ChangeDraft, 'fields'>): number {
  const field = fields.find(({ name }) => name === 'requests.memory');
  return typeof field?.after === 'number' && typeof field.before === 'number'
    ? field.after - field.before
    : 0;
}

function limitField(draft: Pick<ChangeDraft, 'fields' | 'kind'>): {
  readonly before: number | null;
  readonly after: number | null;
} {
  const field = draft.fields.find(({ name }) => name === 'limits.memory');
  const { before, after } = field ?? {};
  if (isFigure(before) && isFigure(after)) return { before, after };
  throw new TypeError(`${draft.kind} needs the field limits.memory with numbers, or null for none`);
}

function isFigure(value: unknown): value is number | null {
  return value === null || typeof value === 'number';
}

function said(draft: Pick<ChangeDraft, 'fields' | 'kind'>): { from: string; to: string } {
  const { before, after } = limitField(draft);
  const words = (value: number | null): string => (value === null ? 'none' : bytes(value));
  return { from: words(before), to: words(after) };
}

function flags(draft: Pick<ChangeDraft, 'fields'>): readonly string[] {
  const options: Readonly<Record<string, string>> = {
    'limits.memory': '--limits',
    'requests.memory': '--requests',
  };
  return draft.fields.flatMap(({ name, after }) =>
    // kubectl takes a figure out where it is 0.
    options[name] === undefined ? [] : [`${options[name]}=memory=${after === null ? '0' : quantity(after)}`],
  );
}

/** Bytes as Kubernetes writes them: whole MiB where they are whole. */
export function quantity(value: unknown): string {
  if (typeof value !== 'number') throw new TypeError('a quantity of memory is a number of bytes');
  return value % 1024 ** 2 === 0 ? `${value / 1024 ** 2}Mi` : String(value);
}
