import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { ChangeActivities, ObserveActivities, WaitActivities } from '../../model/activities.js';
import type { Change } from '../../model/change.js';
import { failures } from '../../model/errors.js';
import { taskQueues } from '../contract.js';

const finalTypes = Object.entries(failures)
  .filter(([, { final }]) => final)
  .map(([type]) => type);

/** Time that a change may wait for a worker before it is given up, seconds: short, because it was planned for now. */
export const scheduleToStartSeconds = 60;

/** Looks and questions to the governor: quick, and repeated as often as needed; the incident's deadline bounds them. */
export function observeActivities(scope: string, withinSeconds?: number): ObserveActivities {
  return proxyActivities<ObserveActivities>({
    taskQueue: taskQueues.observe(scope),
    startToCloseTimeout: '45s',
    ...(withinSeconds !== undefined && { scheduleToCloseTimeout: withinSeconds * 1000 }),
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: {
      initialInterval: '500ms',
      maximumInterval: '10s',
      backoffCoefficient: 2,
      nonRetryableErrorTypes: finalTypes,
    },
  });
}

/**
 * Changes: cancelled ones are waited for, because what they did must be known. A dead worker is noticed by its
 * missing heartbeat, and the next attempt finds out what the last one did.
 */
export function changeActivities(scope: string, change: Change): ChangeActivities {
  const { timeoutSeconds, disruption } = change;
  return proxyActivities<ChangeActivities>({
    taskQueue: taskQueues.change(scope),
    scheduleToStartTimeout: scheduleToStartSeconds * 1000,
    startToCloseTimeout: (timeoutSeconds + 60) * 1000,
    heartbeatTimeout: '15s',
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: '1s',
      maximumInterval: '15s',
      // The next rung is near where nothing is disrupted; a restart begun is seen through.
      maximumAttempts: disruption === 'none' ? 3 : 8,
      nonRetryableErrorTypes: finalTypes,
    },
  });
}

/** Long waits with samples: settling, soaking, watching. */
export function waitActivities(scope: string, seconds: number): WaitActivities {
  return proxyActivities<WaitActivities>({
    taskQueue: taskQueues.wait(scope),
    startToCloseTimeout: (seconds + 120) * 1000,
    heartbeatTimeout: '30s',
    cancellationType: ActivityCancellationType.TRY_CANCEL,
    retry: { initialInterval: '500ms', maximumInterval: '10s', nonRetryableErrorTypes: finalTypes },
  });
}
