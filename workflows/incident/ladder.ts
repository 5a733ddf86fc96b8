import { type ChangeDraft, changeHash } from '../../model/change.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Sample } from '../../model/evidence.js';
import type { AnyLook } from '../../model/look.js';
import type { Proposal, Remedy } from '../../model/runbook.js';
import { tail } from '../../model/samples.js';
import { waitActivities } from './activities.js';
import { kindOf, pass } from './choke-point.js';
import { relaxDeadline } from './deadline.js';
import type { Incident } from './incident.js';
import { lookAt } from './looking.js';
import type { Passage } from './passage.js';
import { gate } from './pausing.js';
import { readOn } from './reading.js';

/** Why the climb stopped. */
export type Climb =
  /** Below the threshold, or nothing fires any more: verify. */
  | { readonly end: 'verify' }
  /** Every rung was tried or refused; nothing was changed in this pass. */
  | { readonly end: 'exhausted' };

/**
 * Climbs the ladder, gentlest rung first, until the target has recovered or no rung is left. Looks again after
 * each change; a pass in which something was changed is followed by another, since rungs that did not fit may now.
 */
export async function climb(incident: Incident): Promise<Climb> {
  for (;;) {
    const passages = await climbOnce(incident);
    if (enough(incident)) return { end: 'verify' };
    if (!passages.some(({ end }) => end === 'applied' || end === 'void')) return { end: 'exhausted' };
  }
}

/** One pass, from the first rung. It ends early where a plan was overtaken: the gentle rungs come first again. */
async function climbOnce(incident: Incident): Promise<readonly Passage[]> {
  const passages: Passage[] = [];
  for (const remedy of incident.runbook.ladder) {
    if (enough(incident)) break;
    await gate(incident);
    passages.push(...(await tryRung(incident, remedy)));
    if (passages.at(-1)?.end === 'void') break;
  }
  return passages;
}

/** Nothing more to do on the ladder: measured normal, or all alerts have resolved and no soak has said otherwise. */
export function enough(incident: Incident): boolean {
  if (incident.look?.measure && incident.level === 'normal') return true;
  return resolvedNow(incident);
}

/** All alerts have resolved, and no soak has said otherwise since. */
function resolvedNow(incident: Incident): boolean {
  return incident.inbox.allResolved && !incident.soakFailed;
}

async function tryRung(incident: Incident, remedy: Remedy<AnyLook>): Promise<readonly Passage[]> {
  const drafts = proposed(incident, remedy);
  if (drafts.length === 0) return [];
  incident.append({ type: 'rungStarted', remedy: remedy.name });
  const passages: Passage[] = [];
  for (const draft of drafts) {
    if (enough(incident)) break;
    const passage = await pass(incident, remedy.name, draft);
    passages.push(passage);
    if (passage.end === 'void') {
      await voided(incident, passage.why);
      break;
    }
    if (passage.end === 'rejected') incident.rejected = passage.why;
    if (passage.end === 'failed') await lookAt(incident, `could not be done: ${passage.why}`);
    if (passage.end === 'applied') await settle(incident, passage);
  }
  return passages;
}

/** The rung's changes that this incident has not tried yet; an empty list says why in a fact. */
function proposed(incident: Incident, remedy: Remedy<AnyLook>): readonly ChangeDraft[] {
  const { look, diagnosis, policy } = incident;
  const skip = (why: string): readonly ChangeDraft[] => {
    if (!incident.lookingAgain || !saidBefore(incident, remedy.name, why))
      incident.append({ type: 'rungSkipped', remedy: remedy.name, why });
    return [];
  };
  if (policy.remediesOff.includes(remedy.name))
    return skip('switched off for this target by the configuration');
  if (!look || !diagnosis) return skip('there is no diagnosis');
  const proposal = ask(remedy, look, diagnosis);
  if ('skip' in proposal) return skip(proposal.skip);
  const fresh = proposal.changes.filter((draft) => {
    const hash = changeHash(draft);
    return !incident.tried.has(hash) && incident.refusedAt.get(hash) !== incident.level;
  });
  return fresh.length > 0 ? fresh : skip('tried already in this incident');
}

/** What was last said of that rung is just this. */
function saidBefore({ facts }: Incident, remedy: string, why: string): boolean {
  const last = facts.findLast((fact) => 'remedy' in fact && fact.remedy === remedy);
  return last?.type === 'rungSkipped' && last.why === why;
}

/** A rung that fails to plan is skipped, and says so: the others may still help. */
function ask(remedy: Remedy<AnyLook>, look: AnyLook, diagnosis: Diagnosis): Proposal {
  try {
    return remedy.propose(look, diagnosis);
  } catch (error) {
    return { skip: `it could not be planned, which is a defect of the runbook: ${String(error)}` };
  }
}

/** What was planned no longer fits: at most so many new beginnings, or somebody else is at work here. */
const mostVoided = 5;

async function voided(incident: Incident, why: string): Promise<void> {
  incident.voided += 1;
  if (incident.voided > mostVoided)
    throw incident.over('escalated', `what is planned is overtaken again and again, last: ${why}`);
  await lookAt(incident, why);
}

/** Waits until the change had time to act, measures what it freed, and takes that as the newest reading. */
async function settle(incident: Incident, passage: Passage & { end: 'applied' }): Promise<void> {
  const { change, result, before } = passage;
  if (result.effect?.status !== 'applied') return;
  const samples = await sampleFor(incident, incident.policy.settleSeconds);

  const after = tail(samples, 1);
  const freedBytes = before && after ? before.used - after.used : undefined;
  const helped = after !== undefined && after.percent < incident.policy.thresholds.warningPercent;
  const note =
    after && before ? `${before.percent.toFixed(0)} % → ${after.percent.toFixed(0)} %` : 'not measured';
  const { creditedTo } = kindOf(incident, change.kind);
  incident.append({
    type: 'settled',
    changeId: change.id,
    samples,
    ...(freedBytes !== undefined && { freedBytes }),
    ...(creditedTo !== undefined && { creditedTo }),
    helped,
    note,
  });
  incident.expecting = [];
  const release = incident.releases.get(change.id);
  if (release) incident.releases.set(change.id, { ...release, helped });
  // Settled well below the threshold: verification looks anyway, so a look here would only cost time.
  if (helped && incident.diagnosis) {
    incident.diagnosis = { ...incident.diagnosis, level: 'normal' };
    relaxDeadline(incident);
  } else await lookAt(incident, `after: ${change.sentence}`);
}

async function sampleFor(incident: Incident, seconds: number): Promise<readonly Sample[]> {
  const { target } = incident.input;
  const { samples } = await waitActivities(target.scope, seconds).sample({
    target,
    runbook: incident.runbook.name,
    seconds,
    everySeconds: Math.max(0.5, seconds / 10),
    stopWhen: { belowPercent: { percent: incident.policy.thresholds.warningPercent, inARow: 3 } },
  });
  incident.samples.push(...samples);
  return samples;
}

/**
 * At warning level with no rung left: waits for it to fall below the threshold, to become critical, or for the
 * deadline. True: climb or verify again; false: people have been told.
 */
export async function watch(incident: Incident): Promise<boolean> {
  const left = Math.max(5, (Date.parse(incident.deadline ?? incident.iso()) - incident.now()) / 1000);
  incident.append({ type: 'watching', until: incident.deadline ?? incident.iso() });
  const result = await readOn(incident, {
    seconds: left,
    everySeconds: 10,
    why: 'watching',
    untilCritical: true,
    over: () => incident.deadlinePassed || resolvedNow(incident) || incident.level === 'critical',
  });
  await gate(incident);
  if (incident.deadlinePassed || result?.stoppedBy === 'time') return false;
  await lookAt(incident, 'watching ended');
  return true;
}
