import type { Json } from '../model/json.js';

/** One place at which two values are not the same. */
export interface Difference {
  /** Such as `verdicts.2.says`. */
  readonly path: string;
  readonly recorded: Json | undefined;
  readonly now: Json | undefined;
  /**
   * `words`: only sentences for people. `added`: the recording knows no such member. `value`: it means something
   * else.
   */
  readonly kind: 'value' | 'words' | 'added';
}

/** Members that hold sentences for people; nothing is decided by them. */
const wordy: ReadonlySet<string> = new Set([
  ...['why', 'note', 'sentence', 'command', 'summary', 'title', 'usually', 'text', 'subject'],
  ...['levelWhy', 'disruptionWhy', 'healthNote', 'blind', 'error', 'stays', 'recommendations'],
]);

const hidden = '[redacted]';
/** More than this of one kind nobody reads. */
const most = 12;

/**
 * Where two values differ, in the order of their members, at most twelve of each kind: many sentences never hide a
 * value. What a redaction took out of a recording fits anything.
 */
export function differences(recorded: Json | undefined, now: Json | undefined): readonly Difference[] {
  const found: Difference[] = [];
  compare(recorded, now, '', 'value', found);
  const counts = { value: 0, words: 0, added: 0 };
  return found.filter(({ kind }) => {
    counts[kind] += 1;
    return counts[kind] <= most;
  });
}

/** True where a text is the recorded one, with anything in place of what was redacted. */
function fits(recorded: string, now: Json | undefined): boolean {
  if (typeof now !== 'string') return false;
  const [first = '', ...rest] = recorded.split(hidden);
  const last = rest.pop() ?? '';
  if (!now.startsWith(first) || !now.endsWith(last)) return false;
  let from = first.length;
  for (const part of rest) {
    const at = now.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return from <= now.length - last.length;
}

function compare(
  recorded: Json | undefined,
  now: Json | undefined,
  path: string,
  kind: 'value' | 'words',
  found: Difference[],
): void {
  if (recorded === now) return;
  if (typeof recorded === 'string' && recorded.includes(hidden) && fits(recorded, now)) return;
  if (typeof recorded !== 'object' || typeof now !== 'object' || recorded === null || now === null) {
    const added = recorded === undefined && kind === 'value';
    found.push({ path, recorded, now, kind: added ? 'added' : kind });
    return;
  }
  if (Array.isArray(recorded) !== Array.isArray(now)) {
    found.push({ path, recorded, now, kind });
    return;
  }
  for (const key of keysOf(recorded, now)) {
    const inner = path === '' ? key : `${path}.${key}`;
    const innerKind = wordy.has(key) ? 'words' : kind;
    // An item more in a list is another list, not a member that was unknown then.
    const [a, b] = [member(recorded, key), member(now, key)];
    if (a === undefined && Array.isArray(recorded))
      found.push({ path: inner, recorded: a, now: b, kind: innerKind });
    else compare(a, b, inner, innerKind, found);
  }
}

function member(value: object, key: string): Json | undefined {
  return (value as Readonly<Record<string, Json>>)[key];
}

function keysOf(a: object, b: object): readonly string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

/** The first difference that means something, if there is one; else the first of the others. */
export function gravest(all: readonly Difference[]): Difference | undefined {
  return all.find(({ kind }) => kind === 'value') ?? all.find(({ kind }) => kind === 'added') ?? all[0];
}
