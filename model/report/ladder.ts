import { effectWords } from '../fold/ladder.js';
import { bytes, capital, clock, count, sentence } from '../format.js';
import type { Verdict } from '../guardrails/verdict.js';
import type { ChangeView, IncidentView, RungView } from '../view.js';
import { code, prose, text } from './escape.js';

const stateWords = {
  ahead: 'not reached',
  now: 'under way',
  done: 'done',
  skipped: 'left out',
  failed: 'failed',
} as const;

/** The ladder as Markdown: what each rung did, by whom approved, what it freed, and what the guardrails said. */
export function ladderSection(view: IncidentView): readonly string[] {
  if (view.ladder.length === 0) return [];
  return ['## The ladder', '', ...view.ladder.flatMap((rung, index) => rungLines(rung, index + 1))];
}

function rungLines(rung: RungView, number: number): readonly string[] {
  const note = rung.changes.length === 0 && rung.note !== '' ? [prose(capital(sentence(rung.note))), ''] : [];
  return [
    `### ${number}. ${text(rung.title)}: ${stateWords[rung.state]}`,
    '',
    ...note,
    ...rung.changes.flatMap(changeLines),
  ];
}

function changeLines(view: ChangeView): readonly string[] {
  const { change } = view;
  return [
    `**${text(change.sentence)}**: ${text(stateOf(view))}`,
    '',
    `- disrupts: ${change.disruption}${change.disruptionWhy === '' ? '' : ` (${text(change.disruptionWhy)})`}`,
    ...change.fields.map(
      ({ name, before, after }) =>
        `- ${text(name)}: ${code(JSON.stringify(before))} → ${code(JSON.stringify(after))}`,
    ),
    `- the same by hand: ${code(change.command)}`,
    ...freedLine(view),
    ...view.answers.map((answer) => `- ${text(answerLine(answer))}`),
    ...guardrailLines(view.verdicts),
    ...(view.undo === undefined ? [] : [`- to undo it: ${text(view.undo)}`]),
    `- change ${code(change.id)}, hash ${code(view.hash)}`,
    '',
  ];
}

function stateOf({ state, why, effect, attempts, appliedAt }: ChangeView): string {
  if (!effect) return why === '' ? state : `${state}: ${sentence(why)}`;
  const lead = state === 'rolled back' ? 'undone since' : effectWords[effect.status];
  const tries = attempts !== undefined && attempts > 1 ? `, ${count(attempts, 'attempt')}` : '';
  return `${lead} at ${clock(appliedAt ?? effect.at)}${tries}: ${sentence(effect.note)}`;
}

function freedLine({ freedBytes, creditedTo, helped }: ChangeView): readonly string[] {
  if (freedBytes === undefined && helped === undefined) return [];
  const freed =
    freedBytes === undefined
      ? 'not measured'
      : freedBytes >= 0
        ? `${bytes(freedBytes)}${creditedTo === undefined ? '' : ` by ${creditedTo}`}`
        : `nothing, use grew by ${bytes(-freedBytes)}`;
  return [`- freed: ${freed}${helped === undefined ? '' : helped ? ', which was enough' : ', not enough'}`];
}

function answerLine(answer: ChangeView['answers'][number]): string {
  const said = answer.answer === 'approve' ? 'approved' : 'rejected';
  const identity = answer.verified === 'none' ? 'identity not verified' : `identity by ${answer.verified}`;
  const comment = answer.comment ? `, “${answer.comment}”` : '';
  const counted = answer.accepted ? '' : `; it did not count: ${answer.why}`;
  return `${said} by ${answer.by} at ${clock(answer.at)} (${identity}, by ${answer.via})${comment}${counted}`;
}

function guardrailLines(verdicts: readonly Verdict[]): readonly string[] {
  if (verdicts.length === 0) return [];
  const allowed = verdicts.filter(({ says }) => says === 'allow').map(({ guardrail }) => guardrail);
  const others = verdicts.filter(({ says }) => says !== 'allow');
  return [
    ...others.map(
      ({ guardrail, says, why }) => `- guardrail ${code(guardrail)} ${verdictWords[says]}: ${text(why)}`,
    ),
    ...(allowed.length === 0 ? [] : [`- guardrails that allowed it: ${allowed.map(code).join(', ')}`]),
  ];
}

/** What a verdict does, as a verb. */
export const verdictWords = {
  allow: 'allowed it',
  ask: 'demanded a decision',
  refuse: 'refused it',
} as const;
