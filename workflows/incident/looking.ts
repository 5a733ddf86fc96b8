import { ActivityFailure, ApplicationFailure, sleep } from '@temporalio/workflow';
import { isFinal } from '../../model/errors.js';
import { isGap } from '../../model/evidence.js';
import type { AnyLook } from '../../model/look.js';
import { observeActivities } from './activities.js';
import { extendDeadline } from './deadline.js';
import { type Incident, IncidentOver, unless } from './incident.js';

/** Kills in the last quarter of an hour before an incident count as part of it. */
const recentKillsSeconds = 900;
const retryBlindSeconds = 5;

/**
 * Reads the target until its measure is known. Blind looks are repeated; at the deadline, or where the target
 * is gone, the incident is over: nothing is ever changed without having seen.
 */
export async function lookAt(incident: Incident, why: string): Promise<AnyLook> {
  for (;;) {
    const look = await unless(
      () => incident.deadlinePassed,
      () => askForLook(incident, why),
    );
    if (!look) throw new IncidentOver('escalated', 'the target could not be read before the deadline');
    take(incident, look, why);
    if (look.measure) return look;
    await unless(
      () => incident.deadlinePassed,
      () => sleep(retryBlindSeconds * 1000),
    );
  }
}

async function askForLook(incident: Incident, why: string): Promise<AnyLook> {
  const { target } = incident.input;
  try {
    return await observeActivities(target.scope).look({
      target,
      runbook: incident.runbook.name,
      why,
      since: since(incident),
    });
  } catch (error) {
    const failure = finalFailure(error);
    if (failure) throw new IncidentOver('escalated', failure.message);
    throw error;
  }
}

/** ISO time since when kills belong to this incident. */
export function since(incident: Incident): string {
  const opened = incident.facts[0]?.at ?? incident.iso();
  return new Date(Date.parse(opened) - recentKillsSeconds * 1000).toISOString();
}

/** The cause of an activity's failure where repeating it can't help. */
export function finalFailure(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure && isFinal(cause.type) ? cause : undefined;
}

/** Makes a fresh look the incident's own: diagnosis, facts, deadline. */
export function take(incident: Incident, look: AnyLook, why: string): void {
  const first = incident.firstLook === undefined;
  if (first) incident.firstLook = look;
  incident.look = look;
  const diagnosis = look.measure ? incident.runbook.diagnose(look, incident.samples) : undefined;
  if (diagnosis) incident.diagnosis = diagnosis;
  incident.append({
    type: 'looked',
    why,
    identity: look.identity,
    ...(look.measure && { measure: look.measure }),
    ...(look.blind !== undefined && { blind: look.blind }),
    healthy: look.healthy,
    ...(look.healthNote !== undefined && { healthNote: look.healthNote }),
    ...(diagnosis && { diagnosis }),
    policyDigest: look.policyDigest,
    evidence: first ? look.evidence.filter((each) => !isGap(each)) : [],
    gaps: look.evidence.filter(isGap),
    tookMs: look.tookMs,
  });
  if (look.measure) {
    const { used, limit } = look.measure;
    incident.samples.push({ at: look.at, used, limit, healthy: look.healthy });
  }
  extendDeadline(incident);
}
