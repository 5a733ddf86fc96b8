import { howItWent } from '../fold/ladder.js';
import { phaseWords } from '../fold/story.js';
import { bytes, clock, count, duration, percent, secondsBetween, sentence } from '../format.js';
import { percentOf } from '../samples.js';
import { shortName } from '../target.js';
import type { ChangeView, IncidentView } from '../view.js';
import { peak } from './sparkline.js';

/** What each outcome means, in a headline. */
export const outcomeWords = {
  recovered: 'Recovered',
  'self-recovered': 'Recovered by itself',
  observed: 'Observed only',
  escalated: 'Not recovered, people were told',
  declined: 'Not recovered, the change was declined',
  cancelled: 'Cancelled',
} as const;

/** `Recovered: agent (MEM-001)`, or what it is doing now. */
export function headline(view: IncidentView): string {
  const state = view.outcome ? outcomeWords[view.outcome] : view.paused ? 'Paused' : 'Under way';
  return `${state}: ${shortName(view.target.key)} (${view.runbook})`;
}

/** What happened, in three sentences: why it began, what was done, how it ended. */
export function summary(view: IncidentView): string {
  return [began(view), done(view), ended(view)].join(' ');
}

function began(view: IncidentView): string {
  const alerts = view.alerts.filter(({ expected }) => expected === undefined);
  const first = alerts[0]?.alert;
  const cause = (view.workedOn ?? view.diagnosis)?.causes[0];
  const why = first
    ? `Alert ${first.name} (${first.severity}) came at ${clock(first.receivedAt)} UTC`
    : `Opened by ${view.openedBy} at ${clock(view.openedAt)} UTC`;
  const top = peak(view.history);
  const topPercent = top && percentOf(top);
  const memory =
    top?.used === undefined || topPercent === undefined
      ? 'its memory could not be read'
      : `memory peaked at ${bytes(top.used)}, ${percent(topPercent)} of ${view.measure?.against ?? 'its limit'}`;
  const likely = cause ? `; most likely ${decapital(cause.summary)}` : '';
  return sentence(`${why}; ${memory}${likely}`);
}

function done(view: IncidentView): string {
  const changes = changesOf(view).filter(({ effect }) => effect !== undefined);
  if (changes.length === 0) {
    return view.observeOnly ? 'It was a rehearsal: nothing was changed.' : 'Nothing was changed.';
  }
  return sentence(`Done: ${changes.map(oneChange).join('; ')}`);
}

function oneChange(change: ChangeView): string {
  const approvers = approvedBy(change);
  const by = approvers.length === 0 ? '' : `; approved by ${approvers.join(' and ')}`;
  return `${decapital(change.change.sentence)} (${howItWent(change)}${by})`;
}

function ended(view: IncidentView): string {
  const { measure, closedAt, verification } = view;
  const now = measure ? `${percent(measure.percent)} of ${measure.against}` : 'an unread figure';
  if (!view.outcome) return sentence(`Now: ${decapital(phaseWords[view.phase])}, at ${now}`);
  const took = duration(secondsBetween(view.openedAt, closedAt ?? view.openedAt));
  const checks = verification
    ? verification.passed
      ? ` with all ${count(verification.checks.length, 'check')} passed`
      : ` with ${count(verification.checks.filter(({ passed }) => !passed).length, 'check')} failed`
    : '';
  return sentence(`It closed as ${view.outcome} after ${took} at ${now}${checks}: ${view.outcomeWhy ?? ''}`);
}

/** All changes of the ladder, in the order of their planning. */
export function changesOf(view: IncidentView): readonly ChangeView[] {
  return view.ladder
    .flatMap(({ changes }) => changes)
    .sort((a, b) => Date.parse(a.plannedAt) - Date.parse(b.plannedAt));
}

/** Who approved, where the answer counted. */
export function approvedBy({ answers }: ChangeView): readonly string[] {
  const counted = answers.filter(({ accepted, answer }) => accepted && answer === 'approve');
  return [...new Set(counted.map(({ by }) => by))];
}

function decapital(text: string): string {
  const clean = text.replace(/[.]$/, '');
  return /^[A-Z][a-z]/.test(clean) ? clean[0]!.toLowerCase() + clean.slice(1) : clean;
}
