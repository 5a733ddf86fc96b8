import type { Severity } from '../alert.js';
import type { Change } from '../change.js';
import type { AnyLook } from '../look.js';
import type { Verdict } from './verdict.js';

/** What a guardrail has to know besides the change and the look. */
export interface Circumstances {
  /** ISO time. */
  readonly now: string;
  /** As measured, or as raised by an alert. */
  readonly level: 'normal' | Severity;
  /** A person approved this exact change. */
  readonly decided: boolean;
  /** A rehearsal: nothing is changed. */
  readonly observeOnly: boolean;
}

/** What one guardrail says; its name is added by `judge`. */
export type Saying = Omit<Verdict, 'guardrail'>;

/** A rule on changes. Pure: the same change, look and circumstances always give the same verdict. */
export interface Guardrail {
  readonly name: string;
  /** What it sees to, in a sentence, for the pages of the runbooks. */
  readonly rule: string;
  judge(change: Change, look: AnyLook, circumstances: Circumstances): Saying;
}

export const allow = (why: string): Saying => ({ says: 'allow', why });
export const refuse = (why: string): Saying => ({ says: 'refuse', why });

/** A person is needed; or has been here already, and then it may go. */
export function ask(why: string, { decided }: Circumstances): Saying {
  return decided ? allow(`${why}; a person approved this exact change`) : { says: 'ask', why };
}

/** True where the change cuts into nothing. Anything but a plain `none` counts as disruptive. */
export function disruptsNothing(change: Change): boolean {
  return change.disruption === 'none';
}
