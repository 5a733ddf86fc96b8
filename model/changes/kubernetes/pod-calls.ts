import type { ChangeDraft, ChangeKind } from '../../change.js';
import { digest } from '../../digest.js';
import { bytes } from '../../format.js';
import type { PodReading, WorkloadLook } from '../../kubernetes/details.js';
import type { PodEndpoint, WorkloadSettings } from '../../kubernetes/settings.js';
import { longPauseBytes } from '../gc-run.js';
import { shellCommand, shellQuote } from '../shell.js';
import { findPod, kubectlWhere, podObject, podRef, podRefusal } from './object.js';
import type { ObjectRef, PodCall, PodClearCacheParams, PodGcParams } from './params.js';

type Cache = WorkloadSettings['caches'][number];

/** Makes the live process in one pod collect its garbage, by the app's own endpoint. */
export function planPodGc(look: WorkloadLook, pod: PodReading, gc: PodEndpoint): ChangeDraft<PodGcParams> {
  const object = podObject(pod);
  const rssBytes = pod.process?.rssBytes ?? pod.workingSetBytes;
  return {
    kind: 'pod.gc',
    object,
    touches: [object.key],
    fields: [],
    params: { ref: podRef(look, pod), container: look.details.workload.container, call: podCall(gc) },
    fresh: {
      ...(pod.startedAt !== undefined && { startedAt: pod.startedAt }),
      ...(rssBytes !== undefined && { rssBytes }),
    },
  };
}

/** Clears one configured cache in one pod. */
export function planPodClearCache(
  look: WorkloadLook,
  pod: PodReading,
  cache: Cache,
): ChangeDraft<PodClearCacheParams> {
  const object = podObject(pod);
  return {
    kind: 'pod.clearCache',
    object,
    touches: [object.key],
    fields: [],
    params: clearCacheParams(podRef(look, pod), cache),
    fresh: { ...(pod.startedAt !== undefined && { startedAt: pod.startedAt }) },
  };
}

export const podGc: ChangeKind<PodGcParams, WorkloadLook> = {
  kind: 'pod.gc',
  title: 'Collect garbage in the live process of a pod',
  disruption({ fresh: { rssBytes } }) {
    if (typeof rssBytes === 'number' && rssBytes < longPauseBytes)
      return { disruption: 'none', why: `a short pause (the process has ${bytes(rssBytes)})` };
    const size = typeof rssBytes === 'number' ? bytes(rssBytes) : 'an unknown amount of memory';
    return { disruption: 'brief', why: `the process has ${size}: it may stand still for seconds` };
  },
  describe: ({ object, params }) => ({
    sentence: `Make the process in pod ${object.name} collect its garbage`,
    command: callByHand(params.ref, params.call),
  }),
  precondition(change, look) {
    const refusal = sameLifeRefusal(change, look);
    if (refusal !== null) return refusal;
    const { gc } = look.settings;
    return gc !== undefined && digest(podCall(gc)) === digest(change.params.call)
      ? null
      : 'The configuration of the garbage collection has changed since this was planned.';
  },
  undo: () => ({ none: 'Collected garbage needs no undoing.' }),
  timeoutSeconds: ({ params }) => params.call.timeoutSeconds + 15,
};

export const podClearCache: ChangeKind<PodClearCacheParams, WorkloadLook> = {
  kind: 'pod.clearCache',
  title: 'Clear a cache of the application in a pod',
  disruption: ({ params }) => ({ disruption: params.disruption, why: params.harm }),
  describe: ({ object, params }) => ({
    sentence: `Clear the ${params.cache} cache of pod ${object.name}`,
    command: callByHand(params.ref, params.call),
  }),
  precondition(change, look) {
    const refusal = sameLifeRefusal(change, look);
    if (refusal !== null) return refusal;
    const { ref, cache } = change.params;
    const now = look.settings.caches.find(({ name }) => name === cache);
    return now !== undefined && digest(clearCacheParams(ref, now)) === digest(change.params)
      ? null
      : `The configuration of the cache ${cache} has changed since this was planned.`;
  },
  undo: () => ({ none: 'A cleared cache fills again by itself.' }),
  timeoutSeconds: ({ params }) => params.call.timeoutSeconds + 10,
};

/** The same pod, and the same life of its container: a process started since has none of that memory. */
function sameLifeRefusal(change: Parameters<typeof podRefusal>[0], look: WorkloadLook): string | null {
  const refusal = podRefusal(change, look);
  if (refusal !== null) return refusal;
  const pod = findPod(look, change.object.key);
  if (pod?.waiting !== undefined) return `Pod ${change.object.name} does not run: ${pod.waiting}.`;
  return pod?.startedAt === change.fresh.startedAt
    ? null
    : `The container in pod ${change.object.name} was started anew since this was planned.`;
}

function clearCacheParams(ref: ObjectRef, { name, endpoint, disruption, harm }: Cache): PodClearCacheParams {
  return { ref, cache: name, harm, disruption, call: podCall(endpoint) };
}

/** What is set of an endpoint, as plain data: what is left out stays out of the change's hash, too. */
export function podCall({
  port,
  path,
  method,
  via,
  timeoutSeconds,
  body,
  bearerSecret,
  expect,
}: PodEndpoint): PodCall {
  return {
    port,
    path,
    method,
    via,
    timeoutSeconds,
    ...(body !== undefined && { body }),
    ...(bearerSecret !== undefined && { bearerSecret }),
    ...(expect !== undefined && { expect }),
  };
}

/** The port of this machine that a tunnel gets when the call is made by hand. */
const tunnelPort = 18_080;

/** The same by hand: through the API server's proxy, or, since that passes no bearer token on, through a tunnel. */
function callByHand(ref: ObjectRef, call: PodCall): string {
  const { port, path, method, body = '', bearerSecret, via } = call;
  if (via === 'proxy') {
    const url = `/api/v1/namespaces/${ref.namespace}/pods/${ref.name}:${port}/proxy${path}`;
    const raw = (verb: string, ...rest: readonly string[]) =>
      shellCommand(['kubectl', '--context', ref.cluster, verb, '--raw', url, ...rest]);
    if (method === 'GET') return raw('get');
    return `${shellCommand(['echo', body])} | ${raw(method === 'PUT' ? 'replace' : 'create', '-f', '-')}`;
  }
  const forward = shellCommand([
    'kubectl',
    ...kubectlWhere(ref),
    'port-forward',
    `pod/${ref.name}`,
    `${tunnelPort}:${port}`,
  ]);
  const token = bearerSecret === undefined ? '' : ' -H "Authorization: Bearer $TOKEN"';
  const data = body === '' ? '' : ` -H 'Content-Type: application/json' -d ${shellQuote(body)}`;
  const curl = `curl -fsS --retry 5 --retry-connrefused -X ${method}${token}${data} ${shellQuote(`http://127.0.0.1:${tunnelPort}${path}`)}`;
  return `${forward} & ${curl}; kill %1`;
}
