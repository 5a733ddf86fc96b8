import type { Sample } from '../../../model/evidence.js';
import { withSamples } from '../../../model/fold.js';
import type { IncidentView } from '../../../model/view.js';
import type { PendingActivity } from '../../incidents/index.js';

/** The view of this moment: facts, and what the waits under way have sampled so far (their heartbeats). */
export function liveView(view: IncidentView, pending: readonly PendingActivity[]): IncidentView {
  return withSamples(view, pending.flatMap(samplesOf));
}

function samplesOf({ heartbeat }: PendingActivity): readonly Sample[] {
  if (heartbeat === null || typeof heartbeat !== 'object' || !('samples' in heartbeat)) return [];
  const { samples } = heartbeat;
  return Array.isArray(samples) ? samples.filter(isSample) : [];
}

function isSample(value: unknown): value is Sample {
  return value !== null && typeof value === 'object' && 'at' in value && typeof value.at === 'string';
}
