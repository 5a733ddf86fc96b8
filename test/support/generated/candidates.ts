import { fileURLToPath } from 'node:url';
import { compare } from '../../../model/backtest/compare.js';
import type { IncidentDifference } from '../../../model/backtest/difference.js';
import { digest } from '../../../model/digest.js';
import type { Policy } from '../../../model/policy.js';
import { Backtest } from '../../../replay/backtest/index.js';
import { fromBundle } from '../../../replay/recording.js';
import { type Bundle, workflowBundle } from '../../../worker/bundle.js';
import {
  type Expected,
  expectedOfDemanding,
  expectedWithoutAsking,
  expectedWithoutRestarts,
  unchanged,
  withoutAsking,
  withoutRestarts,
} from './expected.js';
import type { Planned } from './plan.js';
import type { KnownRun } from './runs.js';

const module = (name: string): string => fileURLToPath(new URL(`../tank/${name}.js`, import.meta.url));

/** A changed policy or runbook, and what a backtest must say of it. */
export interface Candidate {
  readonly title: string;
  /** The tank's runbook that is tried. */
  readonly runbook: 'runbook' | 'demanding';
  readonly policy: (recorded: Policy) => Policy;
  readonly expected: (plan: Planned) => Expected;
}

const asItWas = (policy: Policy): Policy => policy;
export const candidates: readonly Candidate[] = [
  { title: 'nothing changed', runbook: 'runbook', policy: asItWas, expected: unchanged },
  {
    title: 'a policy without restarts',
    runbook: 'runbook',
    policy: withoutRestarts,
    expected: expectedWithoutRestarts,
  },
  {
    title: 'a policy that restarts without asking',
    runbook: 'runbook',
    policy: withoutAsking,
    expected: expectedWithoutAsking,
  },
  {
    title: 'a runbook whose restart demands more',
    runbook: 'demanding',
    policy: asItWas,
    expected: expectedOfDemanding,
  },
];

const codes = new Map<string, Promise<Bundle>>();

/** Today's code with that runbook for the tank. */
function codeWith(runbook: string): Promise<Bundle> {
  const code = codes.get(runbook) ?? workflowBundle([module(runbook), module('overflow')]);
  codes.set(runbook, code);
  return code;
}

/** All of these worked again by the candidate, in their order. */
export async function backtested(
  runs: readonly KnownRun[],
  { runbook: name, policy }: Candidate,
): Promise<readonly IncidentDifference[]> {
  const bundle = await codeWith(name);
  const backtest = new Backtest({
    bundle,
    policy: (_target, recorded) => ({ policy: policy(recorded), digest: digest(policy(recorded)) }),
  });
  const differences: IncidentDifference[] = [];
  try {
    for (const { bundle: one } of runs) {
      const { incident, facts: recorded = [] } = one;
      const candidate = await backtest.run(fromBundle(incident.shortId, one));
      differences.push(compare({ incident, recorded, candidate }));
    }
    return differences;
  } finally {
    await backtest.close();
  }
}
