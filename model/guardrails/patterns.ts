import type { Change } from '../change.js';
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
  const around = change.touches.find((key) => mayContain(key, pattern));
  return around === undefined ? undefined : { key: around, inside: true };
}

/** A key of two parts is a whole host: any pattern with a star that could mean something on it is taken to. */
export function isHost(key: string): boolean {
  return key.split('/').length <= 2;
}

function mayContain(key: string, pattern: string): boolean {
  const [literal = '', ...rest] = pattern.split('*');
  return literal.startsWith(`${key}/`) || (rest.length > 0 && isHost(key) && `${key}/`.startsWith(literal));
}
