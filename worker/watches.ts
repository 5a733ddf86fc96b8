import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { TellIncident } from '../activities/watch/index.js';
import { Deliveries } from '../client/alerts/delivery.js';
import { incidentPort } from '../client/alerts/port.js';
import { grpcCode, reach } from '../client/temporal.js';
import { policyFor } from '../config/index.js';
import type { Config } from '../config/types.js';
import { canonicalJson } from '../model/json.js';
import { product } from '../model/product.js';
import { contains } from '../model/target.js';
import type { WatchPlan } from '../model/watch.js';
import {
  taskQueues,
  type WatchInput,
  watchMessages,
  workflowIds,
  workflowTypes,
} from '../workflows/contract.js';
import type { CurrentConfig } from './registry.js';

/** Milliseconds that one call to Temporal may take. */
const callLimitMs = 5_000;

/** The configured watches as plans, each with the threshold from which its target's policy calls it critical. */
export function plansOf(config: Config): readonly WatchPlan[] {
  return config.watches.flatMap((watch) => {
    const found = config.targets.find(({ key }) => key === watch.target);
    if (!found) return [];
    const { key, kind, scope } = found;
    const { runbook, thresholdPercent, everySeconds, postTo, bearerSecret } = watch;
    const { criticalPercent } = policyFor(config, key).policy.thresholds;
    return [
      {
        target: { key, kind, scope },
        ...{ runbook, thresholdPercent, everySeconds },
        criticalPercent: Math.max(criticalPercent, thresholdPercent),
        ...(postTo !== undefined && { postTo }),
        ...(bearerSecret !== undefined && { bearerSecret }),
      },
    ];
  });
}

/**
 * Starts the configured watches of these scopes, tells those that run what has changed, and ends those that are no
 * longer configured. Can be called as often as one likes. Throws `TemporalUnreachable`.
 */
export async function ensureWatches(
  client: Client,
  config: Config,
  scopes: readonly string[],
): Promise<{ readonly watched: readonly string[]; readonly ended: readonly string[] }> {
  const plans = plansOf(config).filter(({ target }) => scopes.includes(target.scope));
  for (const plan of plans) await ensure(client, plan);
  const wanted = plans.map(({ target }) => workflowIds.watch(target.key));
  const ended: string[] = [];
  for (const workflowId of await running(client)) {
    const key = workflowId.slice(workflowIds.watch('').length);
    if (wanted.includes(workflowId) || !scopes.some((scope) => contains(scope, key))) continue;
    await reach(client, callLimitMs, () => client.workflow.getHandle(workflowId).cancel()).catch(ifGone);
    ended.push(key);
  }
  return { watched: plans.map(({ target }) => target.key), ended };
}

async function ensure(client: Client, plan: WatchPlan): Promise<void> {
  const input: WatchInput = { plan };
  await reach(client, callLimitMs, () =>
    client.workflow.signalWithStart(workflowTypes.watch, {
      workflowId: workflowIds.watch(plan.target.key),
      taskQueue: taskQueues.workflows,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [input],
      signal: watchMessages.plan,
      signalArgs: [plan],
      staticSummary: `watch of ${plan.target.key}`,
    }),
  );
}

/** Ids of the watches that run, as visibility knows them: one that it misses now is found the next time. */
async function running(client: Client): Promise<readonly string[]> {
  const query = `WorkflowType = '${workflowTypes.watch}' AND ExecutionStatus = 'Running'`;
  return reach(client, 3 * callLimitMs, async () => {
    const ids: string[] = [];
    for await (const { workflowId } of client.workflow.list({ query })) ids.push(workflowId);
    return ids;
  });
}

const notFound = 5;

function ifGone(error: unknown): void {
  if (error instanceof Error && error.name === 'WorkflowNotFoundError') return;
  if (grpcCode(error) !== notFound) throw error;
}

/** How often the configuration is compared with the watches, milliseconds. */
const compareMs = 30_000;

/**
 * Keeps the watches as the configuration has them while the worker runs: at once, after a change of what concerns
 * them, and again after a failure. Trouble is logged; it never ends the worker.
 */
export function keepWatches(options: {
  readonly client: Client;
  readonly config: CurrentConfig;
  readonly scopes: readonly string[];
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}): { stop(): Promise<void> } {
  const { client, config, scopes, logger } = options;
  let inForce: string | undefined;
  const compare = async (): Promise<void> => {
    try {
      const now = config();
      const wanted = canonicalJson(plansOf(now));
      if (wanted === inForce) return;
      const { watched, ended } = await ensureWatches(client, now, scopes);
      inForce = wanted;
      if (watched.length + ended.length > 0) logger.info({ watched, ended }, 'watches');
    } catch (error) {
      logger.warn({ err: error }, 'the configured watches could not be started or changed; trying again');
    }
  };
  let turn = compare();
  const timer = setInterval(() => {
    turn = turn.then(compare);
  }, compareMs);
  return {
    async stop() {
      clearInterval(timer);
      await turn;
    },
  };
}

/** Hands a watch's alert on by the intake's own rules: the open incident, a new one, or its hold-off. */
export function incidentTeller(client: Client, now: () => Date): TellIncident {
  const deliveries = new Deliveries(incidentPort(client), { product, observeOnly: false, now });
  return async ({ plan: { target }, told: { alert } }) => {
    const known = await deliveries.look(target.key);
    const { result } = await deliveries.deliver({ alert, target, since: alert.startsAt }, known);
    return { note: result };
  };
}
