import {
  ActivityCancellationType,
  CancellationScope,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { WatchActivities, WatchResult } from '../../model/activities.js';
import { canonicalJson } from '../../model/json.js';
import { emptyWatch, type WatchPlan, type WatchState } from '../../model/watch.js';
import { taskQueues, type WatchInput, type WatchView, watchMessages } from '../contract.js';
import { Deliveries } from './deliveries.js';

const planSignal = defineSignal<[WatchPlan]>(watchMessages.plan);
const viewQuery = defineQuery<WatchView>(watchMessages.view);

const day = 24 * 3600;
/** Past this many events it goes on in a new run before the day is over. */
const longestHistory = 2_000;
/** After a failure that repeating can't mend (no adapter for the target), it is tried again this much later. */
const afterFailure = '1m';

/**
 * Watches one target for ever: one long activity a day, and one more each time that something is to be told. What
 * is told is delivered beside the watching, with retries of its own, and carried into the next run until it is taken.
 */
export async function watch({
  plan: given,
  state: before,
  unsent,
  runSeconds = day,
}: WatchInput): Promise<void> {
  let plan = given;
  let state = before ?? emptyWatch;
  let watching = new CancellationScope();
  let changed = false;
  const deliveries = new Deliveries(() => plan, unsent);
  setHandler(planSignal, (wanted) => {
    if (canonicalJson(wanted) === canonicalJson(plan)) return;
    plan = wanted;
    changed = true;
    watching.cancel();
  });
  setHandler(viewQuery, () => ({ plan, state, unsent: deliveries.unsent, lost: deliveries.lost }));

  const ends = Date.now() + runSeconds * 1000;
  while (Date.now() < ends && workflowInfo().historyLength < longestHistory) {
    changed = false;
    watching = new CancellationScope();
    const result = await watching.run(() => stretch(plan, state, ends)).catch(notIfEnding);
    if (result) {
      state = result.state;
      for (const told of result.tell) deliveries.add(told);
    } else if (!changed) await condition(() => changed, afterFailure);
  }
  await continueAsNew<typeof watch>({ plan, state, unsent: deliveries.unsent, runSeconds });
}

/** Undefined: this stretch failed or was cut off. Throws where the watch itself is cancelled. */
function notIfEnding(error: unknown): undefined {
  if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
  return undefined;
}

function stretch(plan: WatchPlan, state: WatchState, ends: number): Promise<WatchResult> {
  const { watchTarget } = proxyActivities<WatchActivities>({
    taskQueue: taskQueues.wait(plan.target.scope),
    startToCloseTimeout: ends - Date.now() + 120_000,
    heartbeatTimeout: heartbeatSeconds(plan) * 1000,
    // What it has seen when it is cut off is its answer.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: { initialInterval: '500ms', maximumInterval: '10s', nonRetryableErrorTypes: ['Misconfigured'] },
  });
  return watchTarget({ plan, state, until: new Date(ends).toISOString() });
}

/** Three missed samples; and a slow sample, or a slow look after one, is no death. */
function heartbeatSeconds({ everySeconds }: WatchPlan): number {
  return Math.max(30, 3 * everySeconds);
}
