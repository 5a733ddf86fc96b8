import { z } from 'zod';
import { bytes, durationPattern, percent, percentPattern, seconds, sizePattern } from '../units.js';

/** An error text: what is wrong, and on the second line how it is mended. `issues.ts` takes it apart. */
export function wrong(what: string, mend: string): string {
  return `${what}\n${mend}`;
}

interface Issue {
  readonly input?: unknown;
}

function shown(input: unknown): string {
  const text = JSON.stringify(input) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Text of a certain form; `what` says which, `mend` gives an example. The value itself is shown in the message. */
export function text(pattern: RegExp, what: string, mend: string) {
  const error = ({ input }: Issue) =>
    input === undefined ? wrong(`${what} is missing`, mend) : wrong(`${shown(input)} is not ${what}`, mend);
  return z.string({ error }).regex(pattern, { error, abort: true });
}

const durationMend = 'Write a number with its unit, such as 60s, 5m or 2h';

export const duration = text(durationPattern, 'a length of time', durationMend)
  .refine((value) => seconds(value) > 0, { error: wrong('it must be longer than nothing', durationMend) })
  .transform(seconds)
  .meta({ id: 'Duration', description: 'A length of time: 60s, 5m, 2h, 1h30m' });

export const size = text(
  sizePattern,
  'a size',
  "Write a number with its unit, such as 512MiB (binary, Docker's 512m) or 2GB (decimal)",
)
  .transform(bytes)
  .meta({ id: 'Size', description: 'A size: 512MiB (binary) or 2GB (decimal)' });

export const percentage = text(percentPattern, 'a percentage', 'Write a number with its sign, such as 80%')
  .refine((value) => percent(value) > 0 && percent(value) <= 100, {
    error: wrong('it must be above 0% and at most 100%', 'Write a number with its sign, such as 80%'),
  })
  .transform(percent)
  .meta({ id: 'Percentage', description: 'A percentage: 80%' });

export const timeOfDay = text(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day', "Write it as '22:00', in quotes");

export const name = text(
  /^[a-z0-9][a-z0-9_-]*$/i,
  'a name',
  'Use letters, digits, dash and underscore, such as agent-admin',
);

/** A word for people: any text but an empty one. */
export const words = text(/\S/, 'a text', 'Say it in a few words');

const httpMend = 'Write it whole, such as http://127.0.0.1:18789/health';

/** An http or https address without a name or password in it: those are secrets. */
export const httpUrl = z
  .string({ error: wrong('an address (URL) is expected', httpMend) })
  .regex(/^https?:\/\/[^\s/]+/, { error: wrong('it is not an http or https address', httpMend), abort: true })
  .refine((value) => URL.canParse(value), { error: wrong('it is not an address', httpMend), abort: true })
  .refine((value) => !hasCredentials(value), {
    error: wrong(
      'an address may not hold a user name or password',
      'Put the secret under secrets: and name it, as in bearer: my-secret',
    ),
  })
  .refine((value) => !/[?&](token|access_token|api_?key|secret|password)=/i.test(value), {
    error: wrong(
      'an address may not hold a secret',
      'Put the secret under secrets: and name it, as in bearer: my-secret',
    ),
  });

export function hasCredentials(url: string): boolean {
  if (!URL.canParse(url)) return false;
  const { username, password } = new URL(url);
  return username !== '' || password !== '';
}

/**
 * The name of a secret. Its value is never shown: somebody may have written the secret itself.
 * Whether there is such a secret is checked later.
 */
export const secretName = z
  .string({ error: wrong('the name of a secret is expected', 'Name one of those under secrets:') })
  .min(1, { error: wrong('the name of a secret is expected', 'Name one of those under secrets:') })
  .meta({ description: 'Name of a secret under secrets:' });

export function positiveInteger(what: string) {
  const error = ({ input }: Issue) =>
    wrong(`${shown(input)} is not ${what}`, 'Write a whole number, 1 or more');
  return z.int({ error }).min(1, { error });
}

export function oneOf<const Words extends readonly [string, ...string[]]>(options: Words) {
  return z.enum(options);
}
