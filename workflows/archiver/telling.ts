import { proxyActivities } from '@temporalio/workflow';
import type { ArchiveActivities, Notification, NotifyActivities } from '../../model/activities.js';
import {
  type ArchiverInput,
  type ArchiverState,
  type ClosedRun,
  lostAt,
  mustTell,
  type NotArchived,
  warningSeconds,
} from '../../model/archiver.js';
import { taskQueues, workflowIds } from '../contract.js';

const { oldestUnarchived } = proxyActivities<ArchiveActivities>({
  taskQueue: taskQueues.archive,
  startToCloseTimeout: '2m',
  scheduleToCloseTimeout: '3m',
  retry: { initialInterval: '1s', maximumInterval: '20s' },
});

const { notify, sinks } = proxyActivities<NotifyActivities>({
  taskQueue: taskQueues.notify,
  startToCloseTimeout: '30s',
  // A sink that does not take it by then is tried again by the next run.
  scheduleToCloseTimeout: '10m',
  retry: { initialInterval: '1s', maximumInterval: '1m', nonRetryableErrorTypes: ['Misconfigured'] },
});

interface Standing {
  readonly input: ArchiverInput;
  readonly state: ArchiverState;
  readonly failures: readonly NotArchived[];
  readonly trouble?: string;
}

/**
 * Tells people when an incident that is not in the archive will soon be forgotten by Temporal, too. Returns when they
 * were last told. Costs nothing where all went well.
 */
export async function tellIfNeeded(standing: Standing): Promise<string | undefined> {
  const { state, trouble } = standing;
  const [failed] = standing.failures;
  if (!failed && trouble === undefined) return undefined;
  const { oldest, namespaceSeconds } = await look(standing);
  const known = { ...state, ...(namespaceSeconds !== undefined && { namespaceSeconds }) };
  const now = Date.now();
  if (!oldest || known.namespaceSeconds === undefined || !mustTell(oldest.closedAt, known, now))
    return state.escalatedAt;
  const taken = await tell(escalation(oldest, known.namespaceSeconds, standing, now));
  return taken ? new Date(now).toISOString() : state.escalatedAt;
}

/** Where nobody can look, the cursor is the oldest that may not be in the archive. */
async function look({ input, state, failures }: Standing) {
  const { cursor, prunedUntil } = state;
  const { seconds } = input.retention;
  try {
    return await oldestUnarchived({
      ...(cursor !== undefined && { since: cursor }),
      ...(seconds !== undefined && { keepSeconds: seconds }),
      ...(prunedUntil !== undefined && { prunedUntil }),
    });
  } catch {
    const [failed] = failures;
    const unknown = cursor === undefined ? undefined : { workflowId: '', runId: '', closedAt: cursor };
    return { oldest: failed ?? unknown, namespaceSeconds: undefined };
  }
}

function escalation(
  { workflowId, runId, closedAt }: ClosedRun,
  namespaceSeconds: number,
  { failures, trouble }: Standing,
  now: number,
): Notification {
  const until = lostAt(closedAt, namespaceSeconds);
  const why = trouble ?? failures.find((each) => each.runId === runId)?.why ?? 'it could not be written';
  const name = workflowId === '' ? 'whatever closed since' : `${workflowId} (run ${runId})`;
  const short = (until.getTime() - now) / 1000 < warningSeconds(namespaceSeconds) / 3;
  return {
    incident: workflowIds.archiver,
    shortId: 'archive',
    target: workflowId.replace(/^incident\//, '') || 'archive',
    runbook: 'archiver',
    what: 'escalation',
    severity: short ? 'critical' : 'warning',
    title: `The archive: a closed incident is lost after ${until.toISOString()}`,
    text:
      `Not archived: ${name}, closed ${closedAt}. Temporal forgets it after ${until.toISOString()}.\n\n` +
      `Why: ${why}\n\nSee: nightshift archive status`,
    id: `archive/${until.toISOString()}/${new Date(now).toISOString().slice(0, 10)}`,
    at: new Date(now).toISOString(),
  };
}

/** True where every sink took it. */
async function tell(notification: Notification): Promise<boolean> {
  try {
    const names = await sinks();
    await Promise.all(names.map((sink) => notify({ sink, notification })));
    return true;
  } catch {
    return false;
  }
}
