import type { Fact } from '../model/facts.js';
import type { Verdict as GuardrailVerdict } from '../model/guardrails/verdict.js';
import type { Json } from '../model/json.js';
import type { Asked } from './commands.js';
import type { Difference } from './same.js';

/** A fact in one line: its type, what it is about, and why. */
export function factLine(fact: Fact): string {
  const detail = detailOf(fact);
  return detail === '' ? fact.type : `${fact.type} ${detail}`;
}

function detailOf(fact: Fact): string {
  switch (fact.type) {
    case 'opened':
      return `for ${fact.target.key}, by ${fact.by}`;
    case 'alert':
      return `${fact.alert.name} (${fact.alert.severity})`;
    case 'looked':
      return looked(fact);
    case 'rungSkipped':
      return `${fact.remedy}: “${fact.why}”`;
    case 'rungStarted':
      return fact.remedy;
    case 'planned':
      return `${fact.change.remedy} (${fact.change.sentence}; ${ruled(fact.verdicts)})`;
    case 'decisionRequested':
      return `(${fact.why.join('; ')})`;
    case 'decided':
    case 'answered':
      return `${fact.answer}: “${fact.why}”`;
    case 'applied':
      return `(${fact.effect.status}: ${fact.effect.note})`;
    case 'settled':
      return `(${fact.helped ? 'it helped' : 'it was not enough'}, ${fact.note})`;
    case 'verifying':
      return `for ${fact.seconds} s`;
    case 'verified':
      return verified(fact);
    case 'deadlineSet':
      return `for ${fact.due} (${fact.why})`;
    case 'watching':
      return `until ${fact.until}`;
    case 'closed':
      return `as ${fact.outcome}: “${fact.why}”`;
    case 'noted':
      return `“${fact.text}”`;
    case 'undoRegistered':
    case 'rolledBack':
      return fact.sentence;
    default:
      return 'why' in fact && fact.why !== '' ? `“${fact.why}”` : '';
  }
}

function looked({ why, measure, diagnosis, blind }: Extract<Fact, { type: 'looked' }>): string {
  const seen = measure ? `${measure.percent.toFixed(0)} %` : `blind: ${blind ?? 'no reason given'}`;
  const causes = diagnosis?.causes.map(({ name }) => name).join(', ');
  const level = diagnosis ? `, level ${diagnosis.level}${causes ? `, causes ${causes}` : ''}` : '';
  return `(${why}: ${seen}${level})`;
}

function verified({ passed, checks }: Extract<Fact, { type: 'verified' }>): string {
  const failed = checks.filter((check) => !check.passed).map(({ name }) => name);
  if (failed.length > 0) return `(failed: ${failed.join(', ')})`;
  return passed ? `(all ${checks.length} checks hold)` : '(not passed)';
}

/** What the guardrails came to, with those that did not simply allow it. */
function ruled(verdicts: readonly GuardrailVerdict[]): string {
  const spoke = verdicts.filter(({ says }) => says !== 'allow');
  return spoke.length === 0
    ? 'allowed'
    : spoke.map(({ guardrail, says }) => `${guardrail}: ${says}`).join(', ');
}

/** What a workflow asked for, in a few words. */
export function askedLine(asked: Asked): string {
  const { kind, name, seconds } = asked;
  switch (kind) {
    case 'activity':
      return activityLine(asked);
    case 'timer':
      return `a timer of ${seconds} s`;
    case 'cancelTimer':
      return 'the end of a timer';
    case 'cancelActivity':
      return 'the cancellation of an activity';
    case 'child':
      return `the child workflow ${name}`;
    case 'signal':
      return `the signal ${name} to another workflow`;
    case 'answer':
      return 'the answer to an update';
    case 'searchAttributes':
      return 'new search attributes';
    case 'memo':
      return 'a new memo';
    case 'marker':
      return 'a marker (patched)';
    case 'continue':
      return 'to go on in a new run';
    case 'end':
      return 'the end of the workflow, with its result';
    case 'failure':
      return `the end of the workflow by a failure${name ? `: ${name}` : ''}`;
    case 'cancelled':
      return 'the end of the workflow as cancelled';
    case 'other':
      return 'something else';
  }
}

function activityLine({ name, input }: Asked): string {
  const given = asObject(input[0]);
  const change = asObject(given.change);
  if (typeof change.sentence === 'string') return `activity ${name}: ${change.sentence}`;
  if (typeof given.seconds === 'number') return `activity ${name} for ${given.seconds} s`;
  return typeof given.why === 'string' && given.why !== ''
    ? `activity ${name} (${given.why})`
    : `activity ${name}`;
}

function asObject(value: Json | undefined): { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as { readonly [key: string]: Json })
    : {};
}

/** Longest text of a value that is shown. */
const longest = 80;

/** `verdicts.2.says: "ask" → "allow"`. */
export function memberLine({ path, recorded, now }: Difference): string {
  return `${path || 'it'}: ${short(recorded)} → ${short(now)}`;
}

function short(value: Json | undefined): string {
  if (value === undefined) return 'nothing';
  const text = JSON.stringify(value);
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}
