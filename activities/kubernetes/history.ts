import type { KernelReading, UseAt, WorkloadDetails } from '../../model/kubernetes/details.js';
import { inString, oneOf, queryRange, queryReadings, type Series } from '../prometheus/client.js';
import { readAppHistory } from './app-history.js';
import { goneHistory, namesOfGone } from './gone-pods.js';
import { type AskHistory, far, near } from './history-window.js';
import { evenly, lastOf, merged } from './series.js';

/** Points kept of the last quarter of an hour. */
const nearPoints = 60;

export interface History
  extends Pick<WorkloadDetails, 'history' | 'sessionHistory' | 'appHistory' | 'goneHistory'> {
  /** How the kernel divides it, as cAdvisor tells, by pod. */
  readonly kernel: ReadonlyMap<string, KernelReading>;
  /** Last usage by pod: the working set and what the kernel would give back. Bytes. */
  readonly usage: ReadonlyMap<string, UseAt>;
  /** What is odd about what Prometheus said, in words. */
  readonly odd: readonly string[];
}

/** Working set and usage of these pods, and the number of sessions, over the last six hours. */
export async function readHistory(asked: AskHistory): Promise<History> {
  const { namespace } = asked.settings;
  // Scraped through the pods, it has their namespace; some scrape the service, and then it has none.
  const sessions = `bruno_active_sessions{namespace=~"${oneOf([namespace])}|"}`;
  const names = `container_memory_(working_set_bytes|usage_bytes|rss|cache|total_active_file_bytes)`;
  const gone = namesOfGone(asked);
  const [recent, earlier, counts, countsBefore, appHistory] = await Promise.all([
    readings(asked, `{__name__=~"${names}",${labelsOf(asked)}}`),
    range(asked, `max by (pod, container) (container_memory_working_set_bytes{${labelsOf(asked, gone)}})`),
    readings(asked, sessions),
    range(asked, `max(${sessions})`),
    // What the app told is worth less than what the kubelet tells: without it the rest is read all the same.
    readAppHistory(asked).catch(() => undefined),
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
    const long = ofContainer(asked, pod, earlier)[0]?.points ?? [];
    const all = [...long, ...evenly(points, nearPoints)].filter(({ value }) => value > 0);
    return all.length === 0 ? [] : [{ pod, points: all.map(useAt) }];
  });
  const usage = asked.pods.flatMap((pod) => {
    const last = lastOf(named('container_memory_usage_bytes', pod), asked.now, near);
    return last === undefined ? [] : [[pod, useAt(last)] as const];
  });
  const kernel = asked.pods.flatMap((pod) => {
    const told = kernelOf((name) => lastOf(named(`container_memory_${name}`, pod), asked.now, near)?.value);
    return told === undefined ? [] : [[pod, told] as const];
  });
  return {
    history,
    ...(appHistory && { appHistory }),
    goneHistory: goneHistory(asked, (pod) => ofContainer(asked, pod, earlier), earlier),
    usage: new Map(usage),
    kernel: new Map(kernel),
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

/** `more`: a regular expression of other pods that are meant besides. */
function labelsOf({ settings, container, pods }: AskHistory, more?: string): string {
  const names = [oneOf(pods), ...(more === undefined ? [] : [inString(more)])].join('|');
  // What has no container is of the whole pod: some kubelets tell of nothing else.
  return `namespace="${inString(settings.namespace)}",pod=~"${names}",container=~"${oneOf([container])}|"`;
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

/**
 * The working set is what is in use without the files that nobody used lately, so of files the active ones are in it.
 * Older cAdvisors tell only of all files, shared memory among them: what the working set has beyond its processes.
 */
function kernelOf(last: (metric: string) => number | undefined): KernelReading | undefined {
  const anonBytes = last('rss');
  const workingSet = last('working_set_bytes');
  if (anonBytes === undefined || workingSet === undefined) return undefined;
  const active = last('total_active_file_bytes');
  if (active !== undefined)
    return { anonBytes, fileBytes: active, source: 'container_memory_rss in Prometheus' };
  const files = Math.max(0, Math.min(last('cache') ?? 0, workingSet - anonBytes));
  return { anonBytes, fileBytes: files, withShared: true, source: 'container_memory_rss in Prometheus' };
}

function useAt({ at, value }: { readonly at: string; readonly value: number }): UseAt {
  return { at, bytes: Math.round(value) };
}
