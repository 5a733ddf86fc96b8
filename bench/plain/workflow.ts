import { proxyActivities } from '@temporalio/workflow';

/** What a plain workflow does: each name is an activity's, called one after the other on the queue given with it. */
export interface PlainInput {
  readonly steps: readonly { readonly activity: 'look' | 'change' | 'wait'; readonly taskQueue: string }[];
}

export interface PlainActivities {
  look(n: number): Promise<number>;
  change(n: number): Promise<number>;
  wait(n: number): Promise<number>;
}

/** As many activities as an incident has, and nothing else: what Temporal itself costs. */
export async function plain({ steps }: PlainInput): Promise<number> {
  let n = 0;
  for (const { activity, taskQueue } of steps)
    n = await proxyActivities<PlainActivities>({ taskQueue, startToCloseTimeout: '30s' })[activity](n);
  return n;
}
