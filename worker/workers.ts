import { type Client, isGrpcServiceError } from '@temporalio/client';
import { defaultPayloadConverter, toPayloads } from '@temporalio/common';
import { type NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import { createGovernorActivities } from '../activities/governor/index.js';
import type { StillWanted } from '../activities/incident/index.js';
import {
  createChangeActivities,
  createObserveActivities,
  createWaitActivities,
  type Registry,
} from '../activities/incident/index.js';
import { createWatchActivities } from '../activities/watch/index.js';
import { signalWithStart } from '../client/incidents/start.js';
import type { ArchiveActivities, NotifyActivities } from '../model/activities.js';
import { product } from '../model/product.js';
import { governorMessages, taskQueues, workflowIds, workflowTypes } from '../workflows/contract.js';
import type { Bundle } from './bundle.js';
import { incidentTeller } from './watches.js';

export interface WorkersOptions {
  readonly connection: NativeConnection;
  readonly client: Client;
  readonly namespace: string;
  readonly registry: Registry;
  /** Scopes whose targets this process reaches. */
  readonly scopes: readonly string[];
  readonly bundle: Bundle;
  readonly notify: NotifyActivities;
  /** Where this process has the archive's folder. */
  readonly archive?: ArchiveActivities;
  /** Shown in Temporal's UI. */
  readonly identity?: string;
  /** False: only activities; other processes run the workflows. */
  readonly workflows?: boolean;
}

/**
 * The workers of one process: one for workflows, one for notifications, one for the archive where there is one, and three a scope (looks, changes, long
 * waits), each with its own slots, so that a hundred soaks never keep a restart waiting.
 */
export async function createWorkers(options: WorkersOptions): Promise<readonly Worker[]> {
  const { connection, namespace, identity, registry, client } = options;
  const make = (more: Partial<WorkerOptions> & { taskQueue: string }): Promise<Worker> =>
    Worker.create({
      connection,
      namespace,
      shutdownGraceTime: '5s',
      // What still runs then is left to another worker's attempt.
      shutdownForceTime: '20s',
      ...(identity && { identity }),
      ...more,
    });
  const governor = createGovernorActivities(client, governorAddress, async (held) => {
    await signalWithStart(client, { ...held, observeOnly: false, product });
  });
  const wanted = stillWanted(client);
  const watches = createWatchActivities(registry, incidentTeller(client, registry.now));
  const workflowWorker = {
    taskQueue: taskQueues.workflows,
    workflowBundle: options.bundle,
    // Over half a megabyte each: so a thousand waiting incidents fit into 512 MiB. One that is not cached is replayed.
    maxCachedWorkflows: 120,
    maxConcurrentWorkflowTaskExecutions: 40,
  };
  return Promise.all([
    ...(options.workflows === false ? [] : [make(workflowWorker)]),
    make({ taskQueue: taskQueues.notify, activities: { ...options.notify } }),
    ...(options.archive ? [make(archiveWorker(options.archive))] : []),
    ...options.scopes.flatMap((scope) => [
      make({
        taskQueue: taskQueues.observe(scope),
        activities: { ...createObserveActivities(registry), ...governor },
        maxConcurrentActivityTaskExecutions: 40,
      }),
      make({
        taskQueue: taskQueues.change(scope),
        activities: { ...createChangeActivities(registry, wanted) },
        maxConcurrentActivityTaskExecutions: 20,
      }),
      make({
        taskQueue: taskQueues.wait(scope),
        activities: { ...createWaitActivities(registry), ...watches },
        maxConcurrentActivityTaskExecutions: 1000,
        // What they have seen is shown live, and what a dead worker's watch last saw is where its gap begins.
        maxHeartbeatThrottleInterval: '5s',
      }),
    ]),
  ]);
}

function archiveWorker(activities: ArchiveActivities) {
  return {
    taskQueue: taskQueues.archive,
    activities: { ...activities },
    maxConcurrentActivityTaskExecutions: 2,
    maxHeartbeatThrottleInterval: '2s',
  };
}

const governorAddress = {
  workflowType: workflowTypes.governor,
  taskQueue: taskQueues.workflows,
  workflowId: workflowIds.governor,
  updates: governorMessages,
};

/** One direct heartbeat: the SDK's own are throttled, and this answer decides whether a change is sent. */
function stillWanted(client: Client): StillWanted {
  return async (taskToken, details) => {
    try {
      const answer = await client.workflowService.recordActivityTaskHeartbeat({
        namespace: client.options.namespace,
        taskToken,
        identity: client.options.identity,
        details: { payloads: toPayloads(defaultPayloadConverter, details) ?? [] },
      });
      if (answer.cancelRequested) return { wanted: false, why: 'its cancellation was requested' };
      if (answer.activityPaused) return { wanted: false, why: 'the activity is paused' };
      return { wanted: true, why: '' };
    } catch (error) {
      if (isGrpcServiceError(error) && error.code === notFound)
        return { wanted: false, why: 'the server no longer knows this attempt' };
      throw error;
    }
  };
}

/** gRPC status NOT_FOUND. */
const notFound = 5;
