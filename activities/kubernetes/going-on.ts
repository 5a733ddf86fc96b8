import type { AppHistory, PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import { inFlight } from '../service/app-metrics.js';

/** So many earlier readings show whether the app counts the reading itself. */
const enoughReadings = 8;

/** What a restart would cut into: somebody's rollout, and requests that are being answered. */
export function goingOn(
  { workload, appHistory }: Pick<WorkloadDetails, 'workload' | 'appHistory'>,
  pods: readonly PodReading[],
): readonly string[] {
  const busy = pods.flatMap(({ name, app }) =>
    inFlight(app)
      .map(({ name: metric, value }) => value - itself(appHistory, metric))
      .filter((value) => value > 0)
      .map((value) => `${value === 1 ? '1 request is' : `${value} requests are`} being answered by ${name}`),
  );
  return [
    ...(workload.rollout === undefined ? [] : [`a rollout is under way: ${workload.rollout}`]),
    ...busy,
  ];
}

/** An app that was never seen with less than one request in flight counts the one that asks for its metrics. */
function itself(history: AppHistory | undefined, metric: string): 0 | 1 {
  const values = (history?.values[metric] ?? []).filter((value) => value !== null);
  return values.length >= enoughReadings && Math.min(...values) >= 1 ? 1 : 0;
}
