import type { UseAt, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import { queryRange, type Series } from '../prometheus/client.js';

/** The last quarter of an hour closely, what was before it widely: so 120 points show both. Seconds. */
const windows = [
  { from: 6 * 3600, to: 900, stepSeconds: 360 },
  { from: 900, to: 0, stepSeconds: 15 },
] as const;
/** Only of the fullest: a large workload has hundreds of pods. */
const mostPods = 3;

type History = Pick<WorkloadDetails, 'history' | 'sessionHistory'>;

/** Working set of the fullest pods, and the number of sessions, over the last six hours. */
export async function readHistory(
  settings: WorkloadSettings,
  given: {
    readonly container: string;
    readonly pods: readonly string[];
    readonly token?: string;
    readonly now: Date;
    readonly signal: AbortSignal;
  },
): Promise<History> {
  const { url } = settings.prometheus ?? { url: '' };
  const prometheus = { url, ...(given.token !== undefined && { token: given.token }) };
  const now = given.now.getTime();
  const ask = async (expression: string): Promise<readonly Series[]> => {
    const parts = await Promise.all(
      windows.map(({ from, to, stepSeconds }) =>
        queryRange(
          prometheus,
          expression,
          { from: now - from * 1000, to: now - to * 1000, stepSeconds },
          given.signal,
        ),
      ),
    );
    return parts.flat();
  };
  const { namespace } = settings;
  const pods = given.pods.slice(0, mostPods);
  const which = `namespace="${inString(namespace)}",pod=~"${pods.map((name) => inString(regexp(name))).join('|')}"`;
  const use = `max by (pod) (container_memory_working_set_bytes{${which},container="${inString(given.container)}"})`;
  // Scraped through the pods, it has their names; some scrape the service, and then it has none.
  const sessions = `max by (namespace) (bruno_active_sessions{namespace="${inString(namespace)}"}) or max(bruno_active_sessions)`;
  const [memory, counts] = await Promise.all([ask(use), ask(sessions)]);
  return {
    history: pods.flatMap((pod) => ofPod(memory, pod)),
    sessionHistory: counts.flatMap(({ points }) => points.map(({ at, value }) => ({ at, count: value }))),
  };
}

function ofPod(series: readonly Series[], pod: string): History['history'] {
  const points = series
    .filter(({ labels }) => labels.pod === pod)
    .flatMap((one) => one.points)
    .filter(({ value }) => value > 0)
    .map(({ at, value }): UseAt => ({ at, bytes: Math.round(value) }));
  return points.length === 0 ? [] : [{ pod, points }];
}

function regexp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Inside a PromQL string. */
function inString(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}
