import type { WorkflowHandle } from '@temporalio/client';

/** What one run cost at the server. */
export interface Cost {
  /** Billable actions as Temporal Cloud counts them, heartbeats apart: they leave no event. */
  readonly actions: number;
  readonly events: number;
  readonly workflowTasks: number;
  /** Encoded size of the history's payloads and attributes as JSON, bytes. */
  readonly bytes: number;
  /** How many of each kind of action. */
  readonly kinds: Readonly<Record<string, number>>;
}

type Event = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

/** The attributes by which an event that is an action is known, and what it is called here. */
const actionKinds = {
  workflowExecutionStartedEventAttributes: 'start',
  workflowExecutionSignaledEventAttributes: 'signal',
  workflowExecutionUpdateAcceptedEventAttributes: 'update',
  activityTaskScheduledEventAttributes: 'activity',
  timerStartedEventAttributes: 'timer',
  upsertWorkflowSearchAttributesEventAttributes: 'search attributes',
  workflowPropertiesModifiedEventAttributes: 'memo',
  startChildWorkflowExecutionInitiatedEventAttributes: 'child',
  signalExternalWorkflowExecutionInitiatedEventAttributes: 'signal sent',
  markerRecordedEventAttributes: 'marker',
} as const satisfies Partial<Record<keyof Event, string>>;

/** Reads what a run cost from its history: every start, signal, activity with its retries, timer, upsert and so on. */
export async function costOf(handle: WorkflowHandle): Promise<Cost> {
  const { events = [] } = await handle.fetchHistory();
  const kinds: Record<string, number> = {};
  const count = (kind: string, times = 1): void => {
    kinds[kind] = (kinds[kind] ?? 0) + times;
  };
  for (const event of events ?? []) {
    for (const [attributes, kind] of Object.entries(actionKinds))
      if (event[attributes as keyof Event]) count(kind);
    const attempt = event.activityTaskStartedEventAttributes?.attempt ?? 1;
    if (attempt > 1) count('activity', attempt - 1);
  }
  const all = events ?? [];
  return {
    actions: Object.values(kinds).reduce((sum, times) => sum + times, 0),
    events: all.length,
    workflowTasks: all.filter((event) => event.workflowTaskScheduledEventAttributes).length,
    bytes: JSON.stringify(all).length,
    kinds,
  };
}

/** `2 × timer, 5 × activity`. */
export function inWords(kinds: Cost['kinds']): string {
  return Object.entries(kinds)
    .map(([kind, times]) => `${times} × ${kind}`)
    .join(', ');
}
