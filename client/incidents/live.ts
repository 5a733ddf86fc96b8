import type { Client, WorkflowExecutionDescription } from '@temporalio/client';
import type { Json } from '../../model/json.js';

/** An activity under way, as only Temporal's description knows it: the history has nothing of a retry yet. */
export interface PendingActivity {
  readonly type: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** 0: without a limit. */
  readonly maximumAttempts: number;
  readonly state: 'waiting' | 'running' | 'cancelling' | 'paused' | 'unknown';
  readonly scheduledAt?: string;
  readonly startedAt?: string;
  /** When the next attempt begins. */
  readonly nextAttemptAt?: string;
  /** Type and message of why the last attempt failed. */
  readonly lastFailure?: { readonly type?: string; readonly message: string };
  readonly worker?: string;
  readonly lastHeartbeatAt?: string;
  /** What the last heartbeat left: progress. */
  readonly heartbeat?: Json;
}

type RawActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];
type Time = RawActivity['scheduledTime'];

/** The activities under way in a described run. */
export async function pendingActivities(
  client: Client,
  description: WorkflowExecutionDescription,
): Promise<PendingActivity[]> {
  return Promise.all((description.raw.pendingActivities ?? []).map((raw) => activityOf(client, raw)));
}

async function activityOf(client: Client, raw: RawActivity): Promise<PendingActivity> {
  const heartbeat = await decodeHeartbeat(client, raw);
  const failure = raw.lastFailure;
  const message = failure?.message;
  const type = failure?.applicationFailureInfo?.type;
  return compact({
    type: raw.activityType?.name ?? 'unknown',
    attempt: raw.attempt ?? 1,
    maximumAttempts: raw.maximumAttempts ?? 0,
    state: states[raw.state ?? 0] ?? 'unknown',
    scheduledAt: isoOf(raw.scheduledTime),
    startedAt: isoOf(raw.lastStartedTime),
    nextAttemptAt: isoOf(raw.nextAttemptScheduleTime),
    lastFailure: failure ? { message: message ?? '', ...(type ? { type } : {}) } : undefined,
    worker: raw.lastWorkerIdentity || undefined,
    lastHeartbeatAt: isoOf(raw.lastHeartbeatTime),
    heartbeat,
  });
}

/** By Temporal's numbers for `PendingActivityState`. */
const states = ['unknown', 'waiting', 'running', 'cancelling', 'paused', 'paused'] as const;

async function decodeHeartbeat(client: Client, raw: RawActivity): Promise<Json | undefined> {
  const payload = raw.heartbeatDetails?.payloads?.[0];
  if (!payload) return undefined;
  const { payloadConverter, payloadCodecs } = client.options.loadedDataConverter;
  try {
    let payloads = [payload];
    for (const codec of [...payloadCodecs].reverse()) payloads = await codec.decode(payloads);
    return payloads[0] ? payloadConverter.fromPayload<Json>(payloads[0]) : undefined;
  } catch {
    // Written with a key or by a converter that this client does not have: progress is then simply not shown.
    return undefined;
  }
}

function isoOf(time: Time): string | undefined {
  if (!time) return undefined;
  const ms = Number(time.seconds ?? 0) * 1000 + Math.floor((time.nanos ?? 0) / 1e6);
  return ms > 0 ? new Date(ms).toISOString() : undefined;
}

/** Without the members that are undefined. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
