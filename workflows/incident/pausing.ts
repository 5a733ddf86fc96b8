import { condition } from '@temporalio/workflow';
import type { Control } from '../../model/decision.js';
import { type Incident, IncidentOver } from './incident.js';

/** Nothing new is begun while paused. A pause ends by itself, into an escalation. */
export function pause(incident: Incident, { by, reason }: Control): void {
  if (incident.pausedUntil !== undefined) return;
  const seconds = incident.look?.policy.pauseLimitSeconds ?? 1800;
  incident.pausedUntil = incident.now() + seconds * 1000;
  const until = new Date(incident.pausedUntil).toISOString();
  incident.append({ type: 'paused', by, reason: reason ?? 'no reason given', until });
}

export function resume(incident: Incident, { by }: Control): void {
  if (incident.pausedUntil === undefined) return;
  incident.pausedUntil = undefined;
  incident.append({ type: 'resumed', by });
}

/** Goes on at once, or waits for the end of the pause. Throws where the pause ran out. */
export async function gate(incident: Incident): Promise<void> {
  while (incident.pausedUntil !== undefined) {
    const left = Math.max(1, incident.pausedUntil - incident.now());
    const resumed = await condition(() => incident.pausedUntil === undefined, left);
    if (!resumed) throw new IncidentOver('escalated', 'the incident was paused, and the pause ran out');
  }
}
