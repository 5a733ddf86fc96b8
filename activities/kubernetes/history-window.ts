import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { PrometheusOptions } from '../prometheus/client.js';

/** The last quarter of an hour as it was read, what was before it by steps: so 120 points show both. Seconds. */
export const near = 900;
export const far = { from: 6 * 3600, stepSeconds: 360 } as const;

/** How Prometheus is asked about one look. */
export interface AskHistory {
  readonly prometheus: PrometheusOptions;
  readonly settings: WorkloadSettings;
  readonly container: string;
  /** The pods have no other: then figures of the whole pod are its figures, where nobody tells of containers. */
  readonly alone: boolean;
  readonly pods: readonly string[];
  /** All pods that there are, these among them: any other is gone. Without them nobody is asked for those. */
  readonly present?: readonly string[];
  readonly now: Date;
  readonly signal: AbortSignal;
}
