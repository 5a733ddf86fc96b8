import type { UseAt, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import {
  inString,
  oneOf,
  type PrometheusOptions,
  queryRange,
  queryReadings,
  type Series,
} from '../prometheus/client.js';
import { evenly, lastOf, merged } from './series.js';

/** The last quarter of an hour as it was read, what was before it by steps: so 120 points show both. Seconds. */
const near = 900;
const far = { from: 6 * 3600, stepSeconds: 360 } as const;
/** Points kept of the last quarter of an hour. */
const nearPoints = 60;

/** How Prometheus is asked about one look. */
export interface AskHistory {
  readonly prometheus: PrometheusOptions;
  readonly settings: WorkloadSettings;
  readonly container: string;
  /** The pods have no other: then figures of the whole pod are its figures, where nobody tells of containers. */
  readonly alone: boolean;
  readonly pods: readonly string[];
  readonly now: Date;
  readonly signal: AbortSignal;
}

export interface History extends Pick<WorkloadDetails, 'history' | 'sessionHistory'> {
  /** Last usage by pod: the working set and what the kernel would give back. Bytes. */
  readonly usage: ReadonlyMap<string, UseAt>;
  /** What is odd about what Prometheus said, in words. */
  readonly odd: readonly string[];
}

/** Working set and usage of these pods, and the number of sessions, over the last six hours. */
export async function readHistory(asked: AskHistory): Promise<History> {
  const { namespace } = asked.settings;
  const of = (metric: string): string => `${metric}{${labelsOf(asked)}}`;
  // Scraped through the pods, it has their namespace; some scrape the service, and then it has none.
  const sessions = `bruno_active_sessions{namespace=~"${oneOf([namespace])}|"}`;
  const [recent, before, counts, countsBefore] = await Promise.all([
    readings(asked, `{__name__=~"container_memory_(working_set|usage)_bytes",${labelsOf(asked)}}`),
    range(asked, `max by (pod, container) (${of('container_memory_working_set_bytes')})`),
    readings(asked, sessions),
    range(asked, `max(${sessions})`),
  ]);
  const odd: string[] = [];
  const named = (name: string, pod: string): readonly Series[] =>
    ofContainer(
      asked,
      pod,
      recent.filter(({ labels }) => labels.__name__ === name),
    );
  const history = asked.pods.flatMap((pod) => {
    const { points, together } = merged(named('container_memory_working_set_bytes', pod));
    if (together > 1)
      odd.push(`${together} series say at the same time what pod ${pod} uses; the higher is believed`);
    const earlier = ofContainer(asked, pod, before)[0]?.points ?? [];
    const all = [...earlier, ...evenly(points, nearPoints)].filter(({ value }) => value > 0);
    return all.length === 0 ? [] : [{ pod, points: all.map(useAt) }];
  });
  const usage = asked.pods.flatMap((pod) => {
    const last = lastOf(named('container_memory_usage_bytes', pod), asked.now, near);
    return last === undefined ? [] : [[pod, useAt(last)] as const];
  });
  return {
    history,
    usage: new Map(usage),
    odd,
    sessionHistory: [...(countsBefore[0]?.points ?? []), ...evenly(merged(counts).points, nearPoints)]
      .filter(({ value }) => value >= 0)
      .map(({ at, value }) => ({ at, count: value })),
  };
}

/** The last working set of each pod, where it is not older than `seconds`; for pods of which nobody else tells. */
export async function lastWorkingSets(
  asked: AskHistory,
  seconds: number,
): Promise<ReadonlyMap<string, UseAt>> {
  const found = await queryReadings(
    asked.prometheus,
    `container_memory_working_set_bytes{${labelsOf(asked)}}`,
    { to: asked.now.getTime(), seconds },
    asked.signal,
  );
  const known = asked.pods.flatMap((pod) => {
    const last = lastOf(ofContainer(asked, pod, found), asked.now, seconds);
    return last === undefined ? [] : [[pod, useAt(last)] as const];
  });
  return new Map(known);
}

function labelsOf({ settings, container, pods }: AskHistory): string {
  // What has no container is of the whole pod: some kubelets tell of nothing else.
  return `namespace="${inString(settings.namespace)}",pod=~"${oneOf(pods)}",container=~"${oneOf([container])}|"`;
}

/** The container's own series in this pod; the pod's where there are none and it is its only container. */
function ofContainer(
  { container, alone }: AskHistory,
  pod: string,
  series: readonly Series[],
): readonly Series[] {
  const ofPod = series.filter(({ labels }) => labels.pod === pod);
  const own = ofPod.filter(({ labels }) => labels.container === container);
  return own.length > 0 || !alone ? own : ofPod;
}

function readings({ prometheus, now, signal }: AskHistory, selector: string): Promise<readonly Series[]> {
  return queryReadings(prometheus, selector, { to: now.getTime(), seconds: near }, signal);
}

/** Up to where the readings themselves begin. */
function range({ prometheus, now, signal }: AskHistory, expression: string): Promise<readonly Series[]> {
  const { from, stepSeconds } = far;
  const to = now.getTime() - near * 1000;
  return queryRange(
    prometheus,
    expression,
    { from: now.getTime() - from * 1000, to: to - 1, stepSeconds },
    signal,
  );
}

function useAt({ at, value }: { readonly at: string; readonly value: number }): UseAt {
  return { at, bytes: Math.round(value) };
}
