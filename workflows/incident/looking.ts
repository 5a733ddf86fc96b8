import { ActivityFailure, ApplicationFailure, sleep, TimeoutFailure } from '@temporalio/workflow';
import { isFinal } from '../../model/errors.js';
import { isGap } from '../../model/evidence.js';
import type { AnyLook } from '../../model/look.js';
import { observeActivities } from './activities.js';
import { extendDeadline } from './deadline.js';
import { type Incident, IncidentOver, unless } from './incident.js';

/** Kills in the last quarter of an hour before an incident count as part of it. */
const recentKillsSeconds = 900;
const firstBlindSeconds = 1;
const longestBlindSeconds = 20;
/** How long a look may take when the deadline has passed. */
const lateSeconds = 60;

/**
 * Reads the target until its measure is known. Blind looks are repeated; at the deadline, or where the target
 * is gone, the incident is over: nothing is ever changed without having seen. Past the deadline there is one more
 * minute for a look, so that what was decided late can still be seen through.
 */
export async function lookAt(incident: Incident, why: string): Promise<AnyLook> {
  const giveUp = incident.deadlinePassed ? incident.now() + lateSeconds * 1000 : undefined;
  const over = (): boolean => (giveUp === undefined ? incident.deadlinePassed : incident.now() >= giveUp);
  for (let blind = 0; ; blind += 1) {
    const look = await unless(over, () => askForLook(incident, why, giveUp !== undefined));
    if (look) take(incident, look, why);
    if (look?.measure) return look;
    if (over() || !look) throw new IncidentOver('escalated', cannotRead(incident));
    const wait = Math.min(longestBlindSeconds, firstBlindSeconds * 2 ** blind);
    await unless(over, () => sleep(wait * 1000));
  }
}

function cannotRead({ blind }: Incident): string {
  return `the target could not be read in time${blind === undefined ? '' : `: ${blind}`}`;
}

async function askForLook(incident: Incident, why: string, late: boolean): Promise<AnyLook> {
  const { target } = incident.input;
  try {
    return await observeActivities(target.scope, late ? lateSeconds : undefined).look({
      target,
      runbook: incident.runbook.name,
      why,
      since: since(incident),
    });
  } catch (error) {
    const failure = finalFailure(error);
    if (failure) throw new IncidentOver('escalated', failure.message);
    if (error instanceof ActivityFailure && error.cause instanceof TimeoutFailure)
      throw new IncidentOver('escalated', cannotRead(incident));
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
  // What was seen stays what plans are made from, until more is seen.
  if (look.measure || !incident.look?.measure) incident.look = look;
  if (look.blind !== undefined && look.blind === incident.blind) return;
  incident.blind = look.blind;
  const diagnosis = look.measure
    ? incident.runbook.diagnose(look, incident.samples, incident.inbox.firing)
    : undefined;
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
    thresholds: look.policy.thresholds,
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
