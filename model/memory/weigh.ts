import type { Cause } from '../diagnosis.js';

/** One thing that speaks for a cause or against it. */
export interface Argument {
  readonly holds: boolean;
  /** Added to the weight where it holds; negative: it speaks against. */
  readonly weight: number;
  readonly words: string;
}

/** Weighs a cause: its arguments that hold, added up and kept between 0 and 0.99, since nothing is certain. */
export function weigh(head: Pick<Cause, 'name' | 'summary' | 'object'>, args: readonly Argument[]): Cause {
  const holding = args.filter(({ holds }) => holds);
  const sum = holding.reduce((total, { weight }) => total + weight, 0);
  return {
    ...head,
    weight: Math.round(Math.min(0.99, Math.max(0, sum)) * 100) / 100,
    evidenceFor: holding.filter(({ weight }) => weight > 0).map(({ words }) => words),
    evidenceAgainst: holding.filter(({ weight }) => weight < 0).map(({ words }) => words),
  };
}

/** Causes that weigh less are not worth a person's time. */
const negligible = 0.15;

/** Most likely first; those that hardly weigh anything are left out. */
export function ranked(causes: readonly (Cause | undefined)[]): readonly Cause[] {
  return causes
    .filter((cause): cause is Cause => cause !== undefined && cause.weight >= negligible)
    .sort((a, b) => b.weight - a.weight || (a.name < b.name ? -1 : 1));
}
