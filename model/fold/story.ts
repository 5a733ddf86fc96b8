import { isGap } from '../evidence.js';
import type { Fact, FactOf } from '../facts.js';
import { bytes, capital, clock, count, duration, percent, secondsBetween, sentence } from '../format.js';
import { type Draft, sentenceOf } from './draft.js';
import { effectWords } from './ladder.js';

/**
 * The timeline's line for a fact, for somebody who was woken by it; undefined where a fact is only bookkeeping.
 * Called before the fact is folded in, so `draft` is what was known until then.
 */
export function tell(draft: Draft, fact: Fact): string | undefined {
  const teller = tellers[fact.type] as Teller<typeof fact.type>;
  return teller(fact as never, draft);
}

type Teller<Type extends Fact['type']> = (fact: FactOf<Type>, draft: Draft) => string | undefined;

const untold = (): undefined => undefined;

const tellers: { readonly [Type in Fact['type']]: Teller<Type> } = {
  opened: tellOpened,
  alert: tellAlert,
  alertRepeated: untold,
  alertResolved: (fact) => `Alert ${fact.name} has resolved.`,
  runbookChanged: (fact) => `Now worked by runbook ${fact.runbook}: ${sentence(fact.why)}`,
  looked: tellLook,
  rungSkipped: (fact, draft) => `Left out “${titleOf(draft, fact.remedy)}”: ${sentence(fact.why)}`,
  rungStarted: untold,
  planned: tellPlanned,
  refused: (fact, draft) => `Not allowed: ${sentenceOf(draft, fact)}: ${sentence(fact.why)}`,
  decisionRequested: tellQuestion,
  reminded: (fact) => `Reminded that a decision is waiting${list(fact.secondGroup, ', and asked ')}.`,
  answered: tellAnswer,
  decided: tellDecided,
  leaseWaiting: (fact) =>
    `Waiting for the governor's permission: ${sentence(fact.why)} Asked again at ${clock(fact.askAgainAt)}.`,
  leased: untold,
  goingAhead: untold,
  undoRegistered: untold,
  applied: tellApplied,
  notApplied: tellNotApplied,
  settled: tellSettled,
  samples: tellSamples,
  verified: tellVerified,
  rolledBack: tellRollback,
  watching: (fact) =>
    fact.why === undefined
      ? `No rung is left at this level: watching until ${clock(fact.until)}.`
      : `No rung fits yet: ${sentence(fact.why)} It is looked at again at ${clock(fact.until)}.`,
  verifying: (fact) => `Verifying: all checks must hold for ${duration(fact.seconds)}.`,
  paused: (fact) => `Paused by ${fact.by} until ${clock(fact.until)}: ${sentence(fact.reason)}`,
  resumed: (fact) => `Resumed by ${fact.by}.`,
  cancelRequested: (fact) => `${fact.by} asked to cancel: ${sentence(fact.reason)}`,
  deadlineSet: (fact) => `People are told at ${clock(fact.due)} at the latest: ${sentence(fact.why)}`,
  deadlinePassed: (fact) => `The deadline has passed: ${sentence(fact.why)}`,
  escalated: (fact) => `Escalated to people (${fact.severity}): ${sentence(fact.why)}`,
  notified: tellNotified,
  rehearsalEnded: (fact) => `The rehearsal is over, from here on it is for real: ${sentence(fact.why)}`,
  noted: (fact) => sentence(fact.text),
  closed: (fact) => `Closed as ${fact.outcome}: ${sentence(fact.why)}`,
};

function tellOpened(fact: FactOf<'opened'>): string {
  const rehearsal = fact.observeOnly ? ' A rehearsal: nothing will be changed.' : '';
  const rerun = fact.rerunOf === undefined ? '' : ` (rerun of ${fact.rerunOf})`;
  return `Opened by ${fact.by}${rerun} for ${fact.target.key}, runbook ${fact.runbook}.${rehearsal}`;
}

function tellPlanned({ change }: FactOf<'planned'>): string {
  return `Planned: ${change.sentence} (disruption: ${change.disruption}, ${change.disruptionWhy}).`;
}

function tellNotApplied(fact: FactOf<'notApplied'>, draft: Draft): string {
  const doubt = fact.unknown ? ' Whether it took effect is not known.' : '';
  return `Not done: ${sentenceOf(draft, fact)}: ${sentence(fact.why)}${doubt}`;
}

function tellRollback(fact: FactOf<'rolledBack'>): string {
  if (fact.error !== undefined) {
    return `Could not be undone: ${fact.sentence}: ${sentence(fact.error)} By hand: ${fact.command}`;
  }
  return `Undone: ${sentence(fact.sentence)} ${fact.effect ? capital(sentence(fact.effect.note)) : ''}`.trim();
}

function tellNotified(fact: FactOf<'notified'>): string {
  return fact.delivered
    ? `${capital(fact.what)} sent to ${fact.sink}.`
    : `${capital(fact.what)} could not be sent to ${fact.sink}: ${sentence(fact.note)}`;
}

/** What a phase is called in a sentence. */
export const phaseWords = {
  looking: 'Looking',
  climbing: 'Working through the ladder',
  deciding: 'Waiting for a decision',
  applying: 'Carrying out a change',
  settling: 'Settling after a change',
  watching: 'Watching',
  verifying: 'Verifying',
  closing: 'Closing',
  closed: 'Closed',
} as const;

function tellAlert({ alert, joined, expected }: FactOf<'alert'>): string {
  if (expected !== undefined) return `Alert ${alert.name} fires, as expected: ${sentence(expected)}`;
  return `Alert ${alert.name} (${alert.severity}) ${joined ? 'joined this incident' : 'is firing'}${
    alert.source === 'alertmanager' ? '' : `, from ${alert.source}`
  }.`;
}

function tellLook(fact: FactOf<'looked'>, draft: Draft): string {
  const parts: string[] = [];
  const { measure, diagnosis } = fact;
  parts.push(
    measure
      ? `${bytes(measure.used)} of ${bytes(measure.limit)} in use, ${percent(measure.percent)} of ${measure.against}.`
      : `memory could not be read: ${sentence(fact.blind ?? 'no reason given')}`,
  );
  if (!fact.healthy) parts.push(`Not healthy: ${sentence(fact.healthNote ?? 'no reason given')}`);
  const told = diagnosis ? `${diagnosis.level}/${diagnosis.causes[0]?.name ?? ''}` : draft.toldDiagnosis;
  if (diagnosis && told !== draft.toldDiagnosis) {
    const cause = diagnosis.causes[0];
    parts.push(
      `Level ${diagnosis.level}.`,
      cause ? `Most likely: ${sentence(cause.summary)}` : 'The cause can’t be told.',
    );
    const left = diagnosis.growth?.secondsToLimit;
    if (left !== undefined) parts.push(`At this rate the limit is reached in ${duration(left)}.`);
  }
  draft.toldDiagnosis = told;
  const gaps = fact.gaps.filter(isGap).length;
  if (gaps > 0 && draft.view.gaps.length === 0) parts.push(`${count(gaps, 'thing')} could not be read.`);
  return `Looked (${fact.why}): ${parts.join(' ')}`;
}

function tellSamples({ samples, why }: FactOf<'samples'>): string | undefined {
  const first = samples[0];
  const last = samples[samples.length - 1];
  if (!first || !last) return undefined;
  const used = samples.flatMap((sample) => sample.used ?? []);
  const range =
    used.length === 0
      ? 'no figure could be read'
      : `between ${bytes(Math.min(...used))} and ${bytes(Math.max(...used))}`;
  const span = duration(secondsBetween(first.at, last.at));
  return `Watched for ${span}${why === '' ? '' : ` (${why})`}: ${range}.`;
}

function tellVerified({ passed, checks }: FactOf<'verified'>): string {
  const failed = checks.filter((check) => !check.passed);
  if (passed) return `Verified: all ${count(checks.length, 'check')} hold.`;
  const reasons = failed.map(({ name, note }) => `${name}: ${note}`).join('; ');
  return `Not recovered yet: ${failed.length} of ${count(checks.length, 'check')} failed. ${capital(sentence(reasons))}`;
}

function tellQuestion(fact: FactOf<'decisionRequested'>, draft: Draft): string {
  const who = fact.group.length === 0 ? 'anybody who can be identified' : fact.group.join(', ');
  return `A decision is asked for: ${sentenceOf(draft, fact)}, because ${sentence(fact.why.join('; '))} ${count(
    fact.approvals,
    'approval',
  )} from ${who} by ${clock(fact.expiresAt)}.`;
}

function tellAnswer(fact: FactOf<'answered'>): string {
  const comment = fact.comment ? `: “${fact.comment}”` : '';
  const identity = fact.verified === 'none' ? 'identity not verified' : `identity by ${fact.verified}`;
  const said = fact.answer === 'approve' ? 'approved' : 'rejected';
  if (fact.accepted) return `${fact.by} ${said} (${identity})${comment}.`;
  return `${fact.by} ${said} (${identity}), which does not count: ${sentence(fact.why)}`;
}

function tellDecided({ answer, why }: FactOf<'decided'>): string | undefined {
  switch (answer) {
    case 'approved':
      return `Decided: go ahead. ${capital(sentence(why))}`.trim();
    case 'rejected':
      return `Decided: don’t. ${capital(sentence(why))}`.trim();
    case 'expired':
      return `Nobody decided in time. ${capital(sentence(why))}`.trim();
    case 'void':
      return `The question no longer stands: ${sentence(why)}`;
  }
}

function tellApplied(fact: FactOf<'applied'>, draft: Draft): string {
  const { effect, attempts } = fact;
  const lead = effect.status === 'applied' ? 'Done' : capital(effectWords[effect.status]);
  const again = attempts > 1 ? ` (attempt ${attempts})` : '';
  return `${lead}: ${sentence(`${sentenceOf(draft, fact)}${again}`)} ${capital(sentence(effect.note))}`.trim();
}

function tellSettled({ freedBytes, creditedTo, helped, note }: FactOf<'settled'>): string {
  const what = creditedTo === undefined ? 'It' : capital(creditedTo);
  const freed =
    freedBytes === undefined
      ? ''
      : freedBytes > 0
        ? `${what} freed ${bytes(freedBytes)}.`
        : `It freed nothing${freedBytes < 0 ? ` (use grew by ${bytes(-freedBytes)})` : ''}.`;
  const verdict = helped ? 'It helped.' : 'It was not enough.';
  return [freed, verdict, capital(sentence(note))].filter((part) => part !== '').join(' ');
}

function titleOf(draft: Draft, remedy: string): string {
  return draft.rungs.findLast((rung) => rung.remedy === remedy)?.title ?? remedy;
}

function list(names: readonly string[], lead: string): string {
  return names.length === 0 ? '' : `${lead}${names.join(', ')}`;
}
