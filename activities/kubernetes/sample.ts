import type { Sample } from '../../model/evidence.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Target } from '../../model/target.js';
import type { ReadContext } from '../adapter.js';
import { failureType, messageOf } from '../failure.js';
import { parseAppMetrics } from '../service/app-metrics.js';
import { callPod } from './app.js';
import { sourceLimit } from './asked.js';
import type { CallOptions, Cluster } from './client.js';
import { blindness, byFullness, healthOf, killsOf, latestStart, worstOf } from './measure.js';
import { givingNodes, mostGiving, readAllocatable } from './nodes.js';
import { type OwnPods, readOwnPods } from './own-pods.js';
import { rolloutOf } from './rollout.js';
import { readWorkload } from './workload.js';

const limitMs = 10_000;

/** One light reading: the workload, its pods and their figures. A passing fault is a gap. */
export async function sampleTarget(
  cluster: Cluster,
  target: Target,
  settings: WorkloadSettings,
  context: ReadContext,
  secret: (name: string) => string,
): Promise<Sample> {
  const at = context.now().toISOString();
  const options: CallOptions = { signal: context.signal, timeoutMs: limitMs };
  const gaps: string[] = [];
  try {
    const workload = await readWorkload(cluster, settings, options);
    const own = await readOwnPods({
      cluster,
      settings,
      workload,
      targetKey: target.key,
      now: context.now,
      signal: context.signal,
      limitMs,
      secret,
      async read(_source, _name, work) {
        try {
          return await work(AbortSignal.any([context.signal, AbortSignal.timeout(sourceLimit)]));
        } catch (error) {
          context.signal.throwIfAborted();
          gaps.push(messageOf(error));
          return undefined;
        }
      },
    });
    const [nodes, resident] = await Promise.all([
      nodesOf(cluster, own, options),
      residentOf(cluster, settings, own, context, secret),
    ]);
    const { replicas, rollout } = rolloutOf(workload, settings.kind);
    const why = {
      hasPrometheus: settings.prometheus !== undefined,
      ...(gaps[0] !== undefined && { gap: gaps[0] }),
      ...(rollout !== undefined && { rollout }),
    };
    const measure = worstOf(own.readings, nodes);
    return {
      at,
      ...(measure
        ? { used: measure.used, limit: measure.limit }
        : { gap: blindness(replicas, own.readings, why) }),
      kills: killsOf(own.readings),
      ...healthOf(replicas, own.readings),
      id: workload.metadata?.uid ?? '',
      ...latestStart(own.readings),
      ...(resident && { resident }),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    const gone = failureType(error) === 'TargetGone';
    return { at, gap: messageOf(error), ...(gone && { healthy: false, healthNote: 'it is gone' }) };
  }
}

/** Only where pods have no limit of their own; a node that can't be read makes them unmeasured. */
async function nodesOf(cluster: Cluster, { readings }: OwnPods, options: CallOptions) {
  const names = givingNodes(readings).slice(0, mostGiving);
  const found = await Promise.all(
    names.map((name) => readAllocatable(cluster, name, options).catch(() => undefined)),
  );
  return found.filter((node) => node !== undefined);
}

/** What the fullest pod's app tells of its process; where Prometheus keeps it, it is not asked for each time. */
async function residentOf(
  cluster: Cluster,
  settings: WorkloadSettings,
  { readings }: OwnPods,
  { signal }: ReadContext,
  secret: (name: string) => string,
): Promise<Sample['resident']> {
  const { metrics, prometheus, namespace } = settings;
  const [fullest] = byFullness(readings, []).filter(({ startedAt }) => startedAt !== undefined);
  if (metrics === undefined || prometheus !== undefined || fullest === undefined) return undefined;
  const limit = AbortSignal.any([signal, AbortSignal.timeout(sourceLimit)]);
  try {
    const answer = await callPod({ cluster, namespace, signal: limit, secret }, fullest, metrics);
    const bytes = parseAppMetrics(answer.text).process_resident_memory_bytes;
    return bytes === undefined ? undefined : { of: fullest.name, bytes };
  } catch {
    signal.throwIfAborted();
    // The soak's check tells that it was not told.
    return undefined;
  }
}
