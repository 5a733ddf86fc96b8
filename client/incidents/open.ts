import type { Client } from '@temporalio/client';
import type { Severity } from '../../model/alert.js';
import { digest } from '../../model/digest.js';
import type { Target } from '../../model/target.js';
import { workflowIds } from '../../workflows/contract.js';
import { type IncidentRef, refOf, remember } from './resolve.js';
import { latestRun } from './run.js';
import { signalWithStart } from './start.js';

export interface OpenRequest {
  readonly target: Target;
  readonly runbook: string;
  /** Who opens it: the name alone. */
  readonly by: string;
  readonly reason: string;
  readonly severity?: Severity;
  /** Rehearsal: looks, plans, changes nothing. */
  readonly observeOnly?: boolean;
  /** The product's name and version, for the report. */
  readonly product: string;
  readonly now?: () => Date;
}

export interface Opened extends IncidentRef {
  /** False: one was open already, and this joined it. */
  readonly started: boolean;
}

/** Opens an incident by hand. Hold-offs don't apply: a person asked for it. */
export async function openIncident(client: Client, request: OpenRequest): Promise<Opened> {
  const { target, runbook, by, reason, now = () => new Date() } = request;
  const at = now().toISOString();
  const before = await latestRun(client, target.key);
  const { runId } = await signalWithStart(client, {
    target,
    runbook,
    observeOnly: request.observeOnly ?? false,
    product: request.product,
    alert: {
      name: 'OpenedByHand',
      status: 'firing',
      severity: request.severity ?? 'warning',
      fingerprint: digest({ target: target.key, runbook, by, at }).slice(0, 16),
      labels: {},
      annotations: { summary: reason },
      startsAt: at,
      receivedAt: at,
      runbook,
      source: `person:${by}`,
    },
  });
  const started = !(before?.running && before.runId === runId);
  return { ...remember(client, refOf(workflowIds.incident(target.key), runId)), started };
}
