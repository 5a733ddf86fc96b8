import {
  allHandlersFinished,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
} from '@temporalio/workflow';
import type { Notification, NotifyActivities } from '../../model/activities.js';
import { type Delivery, signals, taskQueues } from '../contract.js';

const sendSignal = defineSignal<[Notification]>(signals.send);

/** People may be told this long after the first try, then it is given up and shown as undelivered. */
const longestRetry = '24h';
/** After the last message it stays this long for another one. */
const linger = '10m';

const { notify, sinks } = proxyActivities<NotifyActivities>({
  taskQueue: taskQueues.notify,
  startToCloseTimeout: '30s',
  scheduleToCloseTimeout: longestRetry,
  retry: { initialInterval: '1s', maximumInterval: '5m', nonRetryableErrorTypes: ['Misconfigured'] },
});

/**
 * The messages of one incident to people: it owns their retries, so that the incident never waits for them, and
 * outlives it. Every sink gets every message, in order; one sink's trouble doesn't hold up another.
 */
export async function notifications({
  incident,
}: {
  readonly incident: string;
}): Promise<readonly Delivery[]> {
  const queue: Notification[] = [];
  const deliveries: Delivery[] = [];
  const tell = async (delivery: Delivery): Promise<void> => {
    deliveries.push(delivery);
    // The incident may be over: then the delivery is shown here only.
    await getExternalWorkflowHandle(incident)
      .signal(signals.delivered, delivery)
      .catch(() => undefined);
  };
  const deliver = async (sink: string, notification: Notification): Promise<void> => {
    const { what } = notification;
    try {
      const { note } = await notify({ sink, notification });
      await tell({ sink, what, delivered: true, note });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
      await tell({ sink, what, delivered: false, note: String(cause) });
    }
  };
  setHandler(sendSignal, (notification) => {
    queue.push(notification);
  });

  const names = await sinks();
  const lanes = new Map<string, Promise<void>>(names.map((name) => [name, Promise.resolve()]));
  for (;;) {
    if (!(await condition(() => queue.length > 0, linger))) break;
    for (const notification of queue.splice(0))
      for (const [sink, before] of lanes)
        lanes.set(
          sink,
          before.then(() => deliver(sink, notification)),
        );
    await Promise.all(lanes.values());
    if (deliveries.some(({ what }) => what === 'closed') && queue.length === 0) break;
  }
  await condition(allHandlersFinished);
  return deliveries;
}
