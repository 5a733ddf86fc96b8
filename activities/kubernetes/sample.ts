import type { V1Pod } from '@kubernetes/client-node';
import type { Sample } from '../../model/evidence.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Target } from '../../model/target.js';
import type { ReadContext } from '../adapter.js';
import { failureType, messageOf } from '../failure.js';
import type { CallOptions, Cluster } from './client.js';
import { healthOf, killsOf, latestStart, worstOf } from './measure.js';
import { paths } from './paths.js';
import { type PodMetrics, podReading, workingSets } from './pods.js';
import { containerOf, readWorkload, selectorOf } from './workload.js';

interface List<T> {
  readonly items?: readonly T[];
}

/** One light reading: the workload, its pods and their figures. A passing fault is a gap. */
export async function sampleTarget(
  cluster: Cluster,
  target: Target,
  settings: WorkloadSettings,
  context: ReadContext,
): Promise<Sample> {
  const at = context.now().toISOString();
  const options: CallOptions = { signal: context.signal, timeoutMs: 10_000 };
  try {
    const workload = await readWorkload(cluster, settings, options);
    const container = containerOf(workload, settings).name;
    const selector = selectorOf(workload);
    const [{ items: pods = [] }, metrics] = await Promise.all([
      cluster.get<List<V1Pod>>(paths.pods(settings.namespace, selector), options),
      cluster.get<List<PodMetrics>>(paths.podMetrics(settings.namespace, selector), options),
    ]);
    const used = workingSets(metrics.items ?? [], container, context.now());
    const readings = pods.map((pod) =>
      podReading(pod, container, target.key, used.get(pod.metadata?.name ?? '')),
    );
    const measure = worstOf(readings, []);
    return {
      at,
      ...(measure
        ? { used: measure.used, limit: measure.limit }
        : { gap: 'no fresh figure of any of its pods' }),
      kills: killsOf(readings),
      ...healthOf(
        workload.spec && 'replicas' in workload.spec ? (workload.spec.replicas ?? 1) : readings.length,
        readings,
      ),
      id: workload.metadata?.uid ?? '',
      ...latestStart(readings),
    };
  } catch (error) {
    context.signal.throwIfAborted();
    const gone = failureType(error) === 'TargetGone';
    return { at, gap: messageOf(error), ...(gone && { healthy: false, healthNote: 'it is gone' }) };
  }
}
