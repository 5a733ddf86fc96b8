import type { Fact } from '../model/facts.js';
import type { JsonObject } from '../model/json.js';
import { type Difference, differences, gravest } from './same.js';

/** Two facts at the same place that are not the same. One of them may be absent. */
export interface FactPair {
  /** From 0. */
  readonly index: number;
  readonly expected?: Fact;
  readonly came?: Fact;
  readonly all: readonly Difference[];
  readonly kind: Difference['kind'];
}

/** Members that say when, by which version and with which ladder: none of it is what happened. */
const declared: ReadonlySet<string> = new Set([
  ...['n', 'at', 'ladder', 'runbookVersion', 'product', 'shortId', 'runId'],
]);

/**
 * The first facts that differ in what they mean; where there are none, the first that differ at all. `whole`: the
 * replay went to its end, so that a fact missing there is a difference, too.
 */
export function firstPair(
  recorded: readonly Fact[],
  came: readonly Fact[],
  whole: boolean,
): FactPair | undefined {
  const end = whole ? Math.max(recorded.length, came.length) : came.length;
  let slighter: FactPair | undefined;
  for (let index = 0; index < end; index += 1) {
    const pair = pairAt(index, recorded[index], came[index]);
    if (pair?.kind === 'value') return pair;
    slighter ??= pair;
  }
  return slighter;
}

function pairAt(index: number, expected: Fact | undefined, came: Fact | undefined): FactPair | undefined {
  if (!expected || !came || expected.type !== came.type)
    return { index, ...(expected && { expected }), ...(came && { came }), all: [], kind: 'value' };
  const all = differences(substance(expected, expected), substance(came, expected));
  const first = gravest(all);
  return first && { index, expected, came, all, kind: first.kind };
}

/** What a fact says, without what it declares; hashes only where no redaction has touched what they are of. */
function substance(fact: Fact, recorded: Fact): JsonObject {
  const redacted = JSON.stringify(recorded).includes('[redacted]');
  const entries = Object.entries(fact).filter(([key]) => !declared.has(key) && !(redacted && key === 'hash'));
  return Object.fromEntries(entries) as JsonObject;
}
