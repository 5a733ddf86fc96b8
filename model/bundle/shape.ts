import { isObject } from './payloads.js';

/** Says what is wrong with a value, or nothing. `at` is where it stands, for the message. */
export type Check = (value: unknown, at: string) => string | undefined;

const is =
  (what: string, holds: (value: unknown) => boolean): Check =>
  (value, at) =>
    holds(value) ? undefined : `${at} is not ${what}`;

export const text = is('a text', (value) => typeof value === 'string');
export const number = is('a number', (value) => typeof value === 'number' && Number.isFinite(value));
export const flag = is('true or false', (value) => typeof value === 'boolean');
export const object = is('an object', isObject);
export const time = is('a time', isTime);
export const matching = (pattern: RegExp, what: string): Check =>
  is(what, (value) => typeof value === 'string' && pattern.test(value));
export const oneOf = (words: readonly string[]): Check =>
  is(`one of ${words.join(', ')}`, (value) => typeof value === 'string' && words.includes(value));

/** An ISO time as this product writes it, of a year that a calendar has. */
function isTime(value: unknown): boolean {
  return (
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?Z$/.test(value) &&
    !Number.isNaN(Date.parse(value))
  );
}

export function optional(check: Check): Check {
  return (value, at) => (value === undefined ? undefined : check(value, at));
}

export function list(check: Check): Check {
  return (value, at) => {
    if (!Array.isArray(value)) return `${at} is not a list`;
    for (const [index, item] of value.entries()) {
      const wrong = check(item, `${at}[${index}]`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** An object with at least these members. Only its own count: nothing is taken from a prototype. */
export function members(checks: Readonly<Record<string, Check>>): Check {
  const entries = Object.entries(checks);
  return (value, at) => {
    if (!isObject(value)) return `${at} is not an object`;
    for (const [name, check] of entries) {
      const wrong = check(Object.hasOwn(value, name) ? value[name] : undefined, `${at}.${name}`);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  };
}

/** True where nothing in it lies deeper than so many levels. Never recurses, whatever it is given. */
export function isShallow(value: unknown, levels: number): boolean {
  let layer: unknown[] = [value];
  for (let depth = 0; layer.length > 0; depth += 1) {
    if (depth > levels) return false;
    layer = layer.flatMap((item) =>
      typeof item === 'object' && item !== null
        ? Object.values(item).filter((member) => typeof member === 'object')
        : [],
    );
  }
  return true;
}
