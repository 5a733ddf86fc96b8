import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { matchesPattern, may, mayTouch } from '../../../client/tokens/access.js';
import { parseTokenFile } from '../../../client/tokens/file.js';
import { createToken, FileTokens } from '../../../client/tokens/index.js';

let folder: string;
let file: string;
let time = 0;
const warnings: unknown[] = [];
const logger = { info: () => {}, warn: (about: unknown) => void warnings.push(about) };

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-tokens-'));
  file = join(folder, 'state', 'tokens');
  warnings.length = 0;
  time = 0;
});
afterEach(() => rm(folder, { recursive: true }));

describe('a token', () => {
  test('is shown once, and the file has only its hash, for its owner alone', async () => {
    const token = await createToken({ file, name: 'alice', role: 'operator', targets: ['docker/a/*'] });
    expect(token).toMatch(/^ns_[A-Za-z0-9_-]{43}$/);
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain(token);
    expect(text).toMatch(/^alice operator [0-9a-f]{64} \S+Z docker\/a\/\*\n$/);
    expect((await stat(file)).mode & 0o077).toBe(0);
  });

  test('identifies its owner, as bearer or with its name', async () => {
    const token = await createToken({ file, name: 'am', role: 'webhook' });
    const tokens = new FileTokens(file, logger, () => time);
    const who = { name: 'am', role: 'webhook', targets: ['*'] };
    expect(await tokens.identify({ token })).toEqual(who);
    expect(await tokens.identify({ token, name: 'am' })).toEqual(who);
    expect(await tokens.identify({ token, name: 'other' })).toBeUndefined();
    expect(await tokens.identify({ token: `${token}x` })).toBeUndefined();
    expect(await tokens.identify({ token: '' })).toBeUndefined();
  });

  test('works as soon as its line is there, and no longer than a second after it is gone', async () => {
    const tokens = new FileTokens(file, logger, () => time);
    expect(await tokens.identify({ token: 'ns_x' })).toBeUndefined();
    const token = await createToken({ file, name: 'bob', role: 'viewer' });
    time = 1_001;
    expect(await tokens.identify({ token })).toMatchObject({ name: 'bob' });
    await writeFile(file, '');
    time = 2_002;
    expect(await tokens.identify({ token })).toBeUndefined();
  });

  test('is not valid any more when the file is deleted', async () => {
    const token = await createToken({ file, name: 'bob', role: 'viewer' });
    const tokens = new FileTokens(file, logger, () => time);
    expect(await tokens.identify({ token })).toBeDefined();
    await rm(file);
    time = 1_001;
    expect(await tokens.identify({ token })).toBeUndefined();
    expect(warnings).toHaveLength(1);
  });

  test.each([
    ['a name that is taken', { name: 'alice' }, /has a token named alice/],
    ['a name with a colon', { name: 'a:b' }, /no name for a token/],
    ['a pattern with a space', { name: 'x', targets: ['a b'] }, /no pattern/],
    ['no pattern at all', { name: 'x', targets: [] }, /no pattern/],
  ])('is not made with %s', async (_, over, reason) => {
    await createToken({ file, name: 'alice', role: 'operator' });
    await expect(createToken({ file, role: 'operator', ...over })).rejects.toThrow(reason);
  });

  test('added by hand without a line end before it is still a line of its own', async () => {
    await createToken({ file, name: 'a', role: 'viewer' });
    await appendFile(file, '# a note without a line end');
    await createToken({ file, name: 'b', role: 'viewer' });
    expect(parseTokenFile(await readFile(file, 'utf8')).tokens.map(({ name }) => name)).toEqual(['a', 'b']);
  });
});

describe('the token file', () => {
  const hash = 'a'.repeat(64);
  test.each([
    [`x operator ${hash} 2026-01-01T00:00:00Z`, /names no targets/],
    [`x root ${hash} 2026-01-01T00:00:00Z *`, /the role is one of/],
    ['x operator secret 2026-01-01T00:00:00Z *', /no SHA-256/],
    [`x operator ${hash} yesterday *`, /the time/],
    [`ok viewer ${hash} 2026-01-01T00:00:00Z *`, /the name is taken/],
  ])('says which line does not work and lets the others work: %s', (line, problem) => {
    const read = parseTokenFile(`# tokens\nok viewer ${hash} 2026-01-01T00:00:00Z *\n${line}\n`);
    expect(read.tokens.map(({ name }) => name)).toEqual(['ok']);
    expect(read.problems).toEqual([expect.stringMatching(/^line 3: /)]);
    expect(read.problems[0]).toMatch(problem);
  });
});

describe('what a token is for', () => {
  const who = (role: 'webhook' | 'viewer' | 'operator', ...targets: string[]) => ({
    name: 'x',
    role,
    targets,
  });

  test('a webhook token delivers and does nothing else', () => {
    expect(['deliver', 'view', 'operate'].map((what) => may(who('webhook', '*'), what as 'view'))).toEqual([
      true,
      false,
      false,
    ]);
    expect(['deliver', 'view', 'operate'].map((what) => may(who('viewer', '*'), what as 'view'))).toEqual([
      false,
      true,
      false,
    ]);
  });

  test.each([
    ['docker/a/*', 'docker/a/x', true],
    ['docker/a/*', 'docker/b/x', false],
    ['docker/a/*', 'docker/a', false],
    ['docker/a', 'docker/a/x', false],
    ['*', 'anything/at/all', true],
    ['docker/*/agent', 'docker/local/agent', true],
    ['docker/*/agent', 'docker/agent', false],
    ['a*a', 'a', false],
    ['*b*', 'abc', true],
    ['docker/a.*', 'docker/aXx', false],
  ])('the pattern %s and the target %s: %s', (pattern, key, expected) => {
    expect(mayTouch(who('operator', pattern), key)).toBe(expected);
  });

  test('a pattern means the same as the regular expression that it looks like', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', '/'), maxLength: 8 });
    const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '/', '*'), maxLength: 6 });
    fc.assert(
      fc.property(pattern, text, (glob, key) => {
        expect(matchesPattern(glob, key)).toBe(new RegExp(`^${glob.replaceAll('*', '.*')}$`).test(key));
      }),
    );
  });
});
