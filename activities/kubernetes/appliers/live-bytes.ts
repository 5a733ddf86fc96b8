import type { V1Pod } from '@kubernetes/client-node';
import type { ObjectRef } from '../../../model/changes/kubernetes/params.js';
import type { PodEndpoint, WorkloadSettings } from '../../../model/kubernetes/settings.js';
import { isObject } from '../../docker/appliers/journal.js';
import { parseAppMetrics } from '../../service/app-metrics.js';
import { asExpected, callPod } from '../app.js';
import { inspectProcess } from '../inspect.js';
import type { Tools } from './tools.js';

/** Reading is not what this is about: what does not answer soon is left, milliseconds. */
const patienceMs = 5_000;

/**
 * What the live process holds now, bytes: by what it says itself, or by /proc where `exec` is allowed. Undefined where
 * neither can be had: the metrics server's figures are up to a minute old, so they say nothing of before and after.
 */
export async function liveBytes(
  tools: Tools,
  ref: ObjectRef,
  container: string,
  pod: V1Pod,
): Promise<number | undefined> {
  const { metrics, inspect } = readingSettings(tools.context.settings);
  const limit = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([tools.context.signal, limit]);
  try {
    const own = metrics && (await ownFigure(tools, ref, pod, metrics, signal));
    if (own !== undefined || !inspect) return own;
    return (await inspectProcess(tools.cluster, ref.namespace, ref.name, container, signal)).process.rssBytes;
  } catch {
    // Its reason is in the look, which tries the same: here it is only that there is no figure.
    tools.context.signal.throwIfAborted();
    return undefined;
  }
}

async function ownFigure(
  { cluster, context }: Tools,
  ref: ObjectRef,
  pod: V1Pod,
  endpoint: PodEndpoint,
  signal: AbortSignal,
): Promise<number | undefined> {
  const secret = (name: string): string => context.secret(name);
  const ip = pod.status?.podIP;
  const caller = { cluster, namespace: ref.namespace, signal, secret };
  const answer = await callPod(caller, { name: ref.name, ...(ip !== undefined && { ip }) }, endpoint);
  if (!asExpected(endpoint, answer)) return undefined;
  return parseAppMetrics(answer.text).process_resident_memory_bytes;
}

/** Of the look that was just taken; its type is the adapter's, which is this folder's. */
function readingSettings(settings: unknown): Pick<WorkloadSettings, 'metrics' | 'inspect'> {
  if (!isWorkloadSettings(settings)) return { inspect: false };
  const { metrics, inspect } = settings;
  return { inspect, ...(metrics !== undefined && { metrics }) };
}

function isWorkloadSettings(settings: unknown): settings is WorkloadSettings {
  return (
    isObject(settings) && typeof settings.namespace === 'string' && typeof settings.inspect === 'boolean'
  );
}
