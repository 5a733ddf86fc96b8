import type { z } from 'zod';
import { didYouMean } from './closest.js';
import { keysAt } from './json-schema.js';
import type { Path } from './yaml.js';

/** Something wrong, by its path; the place in the file is added by the reader. */
export interface Finding {
  readonly path: Path;
  /** Whether the key is at fault, or its value. */
  readonly at: 'key' | 'value';
  readonly message: string;
  readonly mend: string;
}

type Issue = z.core.$ZodIssue;

/** What zod found, in our words. `value` is the whole document. */
export function findingsOf(issues: readonly Issue[], value: unknown): readonly Finding[] {
  return issues.flatMap((issue) => findings(issue, [], value));
}

function findings(issue: Issue, outer: Path, value: unknown): readonly Finding[] {
  const path = [...outer, ...issue.path];
  const [message = '', mend] = issue.message.split('\n');
  if (mend !== undefined) return [{ path, at: 'value', message, mend }];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key));
    case 'invalid_union':
      return ofUnion(issue, path, value);
    case 'invalid_key':
      return issue.issues
        .flatMap((inner) => findings(inner, path, value))
        .map((each) => ({ ...each, at: 'key' }));
    case 'invalid_value':
      return [notOneOf(issue.values, path, value)];
    case 'invalid_type':
      return [wrongType(issue.expected, path, value)];
    default:
      return [
        { path, at: 'value', message: message || 'it is not right', mend: 'See docs/configuration.md' },
      ];
  }
}

function unknownKey(path: Path, key: string): Finding {
  const mend = didYouMean(key, keysAt(path), 'Take it out');
  return { path: [...path, key], at: 'key', message: 'there is no such key', mend };
}

/** Of several possible forms, the one that was most likely meant: its kind of value fits, and least is wrong in it. */
function ofUnion(
  issue: Extract<Issue, { code: 'invalid_union' }>,
  path: Path,
  value: unknown,
): readonly Finding[] {
  if (issue.errors.length === 0) {
    const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : [];
    return [notOneOf(options, path, value)];
  }

  const ranked = [...issue.errors].sort((a, b) => rank(a) - rank(b) || a.length - b.length);
  return (ranked[0] ?? []).flatMap((inner) => findings(inner, path, value));
}

function rank(branch: readonly Issue[]): number {
  return branch.some(
    ({ code, path }) => path.length === 0 && (code === 'invalid_type' || code === 'invalid_value'),
  )
    ? 1
    : 0;
}

function notOneOf(options: readonly unknown[], path: Path, value: unknown): Finding {
  const words = options.map(String);
  const found = valueAt(value, path);
  if (found === undefined) {
    return { path, at: 'value', message: 'it is missing', mend: `Use one of: ${words.join(', ')}` };
  }
  const mend = didYouMean(String(found), words, 'Take it out');
  return { path, at: 'value', message: `${shown(found)} is not one of ${words.join(', ')}`, mend };
}

const typeWords: Readonly<Record<string, readonly [what: string, mend: string]>> = {
  string: ['a text', 'Write a text, in quotes where it looks like a number'],
  number: ['a number', 'Write a number'],
  int: ['a whole number', 'Write a whole number'],
  boolean: ['true or false', 'Write true or false, without quotes'],
  array: ['a list', 'Write a list: a line with a dash for each'],
  object: ['a map', 'Write a map: a line with key: value for each'],
  record: ['a map', 'Write a map: a line with key: value for each'],
};

function wrongType(expected: string, path: Path, value: unknown): Finding {
  const [what, mend] = typeWords[expected] ?? [expected, 'See docs/configuration.md'];
  const found = valueAt(value, path);
  if (found === undefined)
    return { path, at: 'value', message: `it is missing (${what})`, mend: `Add it. ${mend}` };
  return { path, at: 'value', message: `${what} is expected here, not ${kindOf(found)}`, mend };
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a map' : `a ${typeof value}`;
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((at, part) => {
    if (at === null || typeof at !== 'object') return undefined;
    return Object.entries(at).find(([key]) => key === String(part))?.[1];
  }, value);
}

function shown(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
