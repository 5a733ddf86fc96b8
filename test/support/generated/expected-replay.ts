import type { Verdict } from '../../../replay/index.js';
import type { KnownRun } from './runs.js';

/** What a replay must say of one run, and of which fact: the first one that its broken code can't repeat. */
export interface ExpectedVerdict {
  readonly end: Verdict['end'];
  readonly fact?: { readonly n: number; readonly expected: string; readonly came: string };
}

/** Its first gentle remedy was sent, whether or not it arrived: code that does not ask for it can't go on. */
function sentGentle({ plan: { known, kind } }: KnownRun): boolean {
  return known.flushes + known.throttles > 0 || kind === 'remedy-out-of-reach';
}

/** By changed.ts, whose ladder has lost flush and throttle: the first rung that was come to is not the one any more. */
export function expectedOfLostRungs(run: KnownRun): ExpectedVerdict {
  const { facts = [] } = run.bundle;
  const { remediesOff } = run.plan.policy;
  const first = facts.find(({ type }) => type === 'rungStarted' || type === 'rungSkipped');
  if (!first) return { end: 'same' };
  const word = (remedy: string): string =>
    `${remediesOff.includes(remedy) ? 'rungSkipped' : 'rungStarted'} ${remedy}`;
  return {
    end: sentGentle(run) ? 'diverged' : 'otherwise',
    fact: { n: first.n, expected: word('flush'), came: word('restart') },
  };
}

/** The same of a verdict; of a skipped rung without the reason. */
export function toldVerdict(verdict: Verdict | undefined): ExpectedVerdict {
  // What is the same is only counted.
  if (!verdict) return { end: 'same' };
  if (verdict.end !== 'diverged' && verdict.end !== 'otherwise') return { end: verdict.end };
  const { fact } = verdict.finding;
  if (!fact) return { end: verdict.end };
  const { n, expected = '', came = '' } = fact;
  return { end: verdict.end, fact: { n, expected: withoutReason(expected), came: withoutReason(came) } };
}

function withoutReason(text: string): string {
  return text.split(':')[0] ?? '';
}
