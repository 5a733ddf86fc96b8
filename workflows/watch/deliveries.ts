import { ActivityFailure, ApplicationFailure, isCancellation, proxyActivities } from '@temporalio/workflow';
import type { WatchActivities } from '../../model/activities.js';
import type { Told, WatchPlan } from '../../model/watch.js';
import { taskQueues, type Unsent } from '../contract.js';

/** An alert that nobody takes for a day is given up, and shown as lost. */
const longestRetry = '24h';
const keptLost = 20;

type Way = keyof Unsent;

/** Alerts on their way. Each way has its own order and its own retries: one's trouble doesn't hold up the other. */
export class Deliveries {
  readonly lost: string[] = [];
  private readonly queues: Record<Way, Told[]>;
  private readonly busy = new Set<Way>();

  constructor(
    private readonly plan: () => WatchPlan,
    { post, incident }: Unsent = { post: [], incident: [] },
  ) {
    this.queues = { post: [...post], incident: [...incident] };
    this.move('post');
    this.move('incident');
  }

  get unsent(): Unsent {
    return { post: [...this.queues.post], incident: [...this.queues.incident] };
  }

  add(told: Told): void {
    if (this.plan().postTo !== undefined) this.queues.post.push(told);
    if (told.opens) this.queues.incident.push(told);
    this.move('post');
    this.move('incident');
  }

  /** Delivers a way's alerts, one after the other, while there are any. */
  private move(way: Way): void {
    if (this.busy.has(way) || this.queues[way].length === 0) return;
    this.busy.add(way);
    void this.work(way).finally(() => this.busy.delete(way));
  }

  private async work(way: Way): Promise<void> {
    for (let told = this.queues[way][0]; told; told = this.queues[way][0]) {
      try {
        await this.deliver(way, told);
      } catch (error) {
        if (isCancellation(error)) return;
        this.lost.push(`${told.alert.startsAt} ${told.alert.name} (${told.alert.status}): ${why(error)}`);
        this.lost.splice(0, this.lost.length - keptLost);
      }
      this.queues[way].shift();
    }
  }

  private async deliver(way: Way, told: Told): Promise<void> {
    const plan = this.plan();
    const { postWatchAlert, tellIncident } = proxyActivities<WatchActivities>({
      taskQueue: taskQueues.wait(plan.target.scope),
      startToCloseTimeout: '30s',
      scheduleToCloseTimeout: longestRetry,
      retry: { initialInterval: '1s', maximumInterval: '5m' },
    });
    if (way === 'incident') await tellIncident({ plan, told });
    // The address may have been taken out of the configuration meanwhile.
    else if (plan.postTo !== undefined) await postWatchAlert({ plan, told });
  }
}

function why(error: unknown): string {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure || cause instanceof Error ? cause.message : String(cause);
}
