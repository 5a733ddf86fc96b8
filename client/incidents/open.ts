import type { Client } from '@temporalio/client';
import type { Alert, Severity } from '../../model/alert.js';
import { digest } from '../../model/digest.js';
import { openedByHand } from '../../model/rerun.js';
import type { Target } from '../../model/target.js';
import { workflowIds } from '../../workflows/contract.js';
import { Refused } from './errors.js';
import { type IncidentRef, refOf, remember } from './resolve.js';
import { latestRun } from './run.js';
import { signalWithStart } from './start.js';
import { AlreadyOpen, startAlone } from './start-alone.js';

/** What a recorded alert says, without when it said so and under which identity. */
export type RerunAlert = Pick<Alert, 'name' | 'severity' | 'labels' | 'annotations'>;

/** An old incident that is to be run again. */
export interface Rerun {
  /** Its short id. */
  readonly of: string;
  /** The alert that opened it; absent where a person did. */
  readonly alert?: RerunAlert;
}

export interface OpenRequest {
  readonly target: Target;
  readonly runbook: string;
  /** Who opens it: the name alone. */
  readonly by: string;
  readonly reason: string;
  readonly severity?: Severity;
  /** Rehearsal: looks, plans, changes nothing. */
  readonly observeOnly?: boolean;
  readonly rerun?: Rerun;
  /** The product's name and version, for the report. */
  readonly product: string;
  readonly now?: () => Date;
}

export interface Opened extends IncidentRef {
  /** False: one was open already, and this joined it. */
  readonly started: boolean;
}

/**
 * Opens an incident by hand. Hold-offs don't apply: a person asked for it. Joins an open incident, but for a rerun
 * or a rehearsal: what is open would be neither, so that is `Refused`.
 */
export async function openIncident(client: Client, request: OpenRequest): Promise<Opened> {
  const { target, runbook, observeOnly = false, product, rerun } = request;
  const start = { target, runbook, observeOnly, product, alert: alertOf(request) };
  if (rerun || observeOnly) {
    const more = rerun === undefined ? {} : { rerunOf: rerun.of };
    const { runId } = await startAlone(client, { ...start, ...more }).catch((error: unknown) => {
      throw error instanceof AlreadyOpen ? notJoined(request, error) : error;
    });
    return { ...remember(client, refOf(workflowIds.incident(target.key), runId)), started: true };
  }
  const before = await latestRun(client, target.key);
  const { runId } = await signalWithStart(client, start);
  const started = !(before?.running && before.runId === runId);
  return { ...remember(client, refOf(workflowIds.incident(target.key), runId)), started };
}

function notJoined({ target, rerun }: OpenRequest, { runId }: AlreadyOpen): Refused {
  const open = runId === undefined ? '' : ` ${refOf(workflowIds.incident(target.key), runId).shortId}`;
  const what = rerun ? 'a rerun' : 'a rehearsal';
  return new Refused(`the incident${open} is open for ${target.key}, and ${what} can’t join it`);
}

/**
 * The fingerprint is new each time, a recorded alert's too: an incident that did not help holds its alerts off, and
 * what a person tried must never hold off the real one.
 */
function alertOf({
  target,
  runbook,
  by,
  reason,
  severity,
  rerun,
  now = () => new Date(),
}: OpenRequest): Alert {
  const at = now().toISOString();
  const said: RerunAlert = rerun?.alert ?? {
    name: openedByHand,
    severity: severity ?? 'warning',
    labels: {},
    annotations: { summary: reason },
  };
  return {
    ...said,
    status: 'firing',
    fingerprint: digest({ target: target.key, runbook, by, at }).slice(0, 16),
    startsAt: at,
    receivedAt: at,
    runbook,
    source: `person:${by}`,
  };
}
