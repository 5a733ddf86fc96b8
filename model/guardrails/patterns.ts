import type { Change } from '../change.js';
import { contains } from '../target.js';
import { disruptsNothing } from './guardrail.js';

/** True where the key, or something that contains it, matches the pattern. `*` is any run of characters. */
export function matchesKey(pattern: string, key: string): boolean {
  const text = pattern
    .split('*')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${text}(/.*)?$`).test(key);
}

/** The keys that a change is about: its object, and all that it disrupts. */
export function keysOf({ object, touches }: Change): readonly string[] {
  return [...new Set([object.key, ...touches])];
}

/**
 * How the change reaches what the pattern names, in words, or undefined: by changing it, or by disrupting what
 * contains it.
 */
export function reaches(
  change: Change,
  pattern: string,
): { readonly key: string; readonly inside: boolean } | undefined {
  const keys = keysOf(change);
  const hit = keys.find((key) => matchesKey(pattern, key));
  if (hit !== undefined) return { key: hit, inside: false };
  if (disruptsNothing(change)) return undefined;
  const literal = pattern.split('*')[0] ?? '';
  const around = change.touches.find((key) => contains(key, literal));
  return around === undefined ? undefined : { key: around, inside: true };
}
