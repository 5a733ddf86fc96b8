import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, Worker } from '@temporalio/worker';
import type { Lab } from '../lab.js';
import { run } from '../lab.js';
import type { PlainActivities, PlainInput } from './workflow.js';

const queues = {
  workflows: 'plain',
  look: 'plain/look',
  change: 'plain/change',
  wait: 'plain/wait',
} as const;
const one = 'plain/one';

/** The same five steps as an incident's: look, change, settle, soak, look. */
const five = ['look', 'change', 'wait', 'wait', 'look'] as const;

/** How a plain workflow is started: on queues as the product has them, or all on one. */
export const layouts = {
  sameQueues: {
    taskQueue: queues.workflows,
    input: { steps: five.map((activity) => ({ activity, taskQueue: queues[activity] })) },
  },
  oneQueue: { taskQueue: one, input: { steps: five.map((activity) => ({ activity, taskQueue: one })) } },
} satisfies Record<string, { taskQueue: string; input: PlainInput }>;

const add = async (n: number): Promise<number> => n + 1;
const activities: PlainActivities = { look: add, change: add, wait: add };

/** Workers for plain workflows, with the product's own settings, in both layouts. Returns what stops them. */
export async function startPlainWorkers({
  connection,
}: Pick<Lab, 'connection'>): Promise<() => Promise<void>> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflow.js', import.meta.url)),
    logger: { ...quiet, error: console.error },
  });
  const cache = { maxCachedWorkflows: 120, maxConcurrentWorkflowTaskExecutions: 40 };
  const workers = await Promise.all([
    Worker.create({ connection, taskQueue: queues.workflows, workflowBundle, ...cache }),
    ...[queues.look, queues.change, queues.wait].map((taskQueue) =>
      Worker.create({ connection, taskQueue, activities }),
    ),
    Worker.create({ connection, taskQueue: one, workflowBundle, activities, ...cache }),
  ]);
  return run(workers);
}

const nothing = (): void => undefined;
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing };
