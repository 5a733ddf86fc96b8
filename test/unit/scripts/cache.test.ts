import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { cached, fillCache, partDir } from '../../../scripts/lib/cache.mjs';

let folder = '';
const lines: string[] = [];
const log = (line: string) => lines.push(line);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-cache-'));
  process.env.NIGHTSHIFT_CACHE = folder;
  lines.length = 0;
});

afterEach(() => {
  delete process.env.NIGHTSHIFT_CACHE;
  rmSync(folder, { recursive: true, force: true });
});

const good = (text: string) => async (dir: string) => {
  writeFileSync(join(dir, 'program'), text);
  return null;
};
const base = { part: 'thing', version: '1.0', title: 'Thing', log };
const works = (dir: string) => {
  if (readFileSync(join(dir, 'program'), 'utf8') !== 'works') throw new Error('does not run');
};

test('the first way that works is kept, and the ones after it are not tried', async () => {
  const ways = [
    { how: 'download', fill: async () => 'the vendor is not to be reached' },
    { how: 'built', fill: good('works') },
    { how: 'never', fill: async () => expect.unreachable('a way too many') },
  ];
  expect(await fillCache({ ...base, ways, verify: works })).toEqual({
    dir: partDir('thing', '1.0'),
    how: 'built',
  });
  expect(cached('thing', '1.0')).toEqual({ dir: partDir('thing', '1.0'), how: 'built' });
  expect(lines.join('\n')).toContain('the vendor is not to be reached');
});

test('what does not work is neither kept nor stamped, and the reasons are given', async () => {
  const filled = await fillCache({ ...base, ways: [{ how: 'built', fill: good('rubbish') }], verify: works });
  expect(filled).toEqual({ reasons: ['built: does not run'] });
  expect(cached('thing', '1.0')).toBeNull();
  expect(readdirSync(join(folder, 'thing'))).toEqual([]);
});

test('a folder without a stamp counts as absent; one that works is taken over, one that does not is replaced', async () => {
  for (const [before, how] of [
    ['works', 'cache'],
    ['half-written', 'built'],
  ] as const) {
    mkdirSync(partDir('thing', '1.0'), { recursive: true });
    writeFileSync(join(partDir('thing', '1.0'), 'program'), before);
    expect(cached('thing', '1.0')).toBeNull();
    const filled = await fillCache({ ...base, ways: [{ how: 'built', fill: good('works') }], verify: works });
    expect(filled).toMatchObject({ how });
    rmSync(join(folder, 'thing'), { recursive: true });
  }
});

test('what an interrupted run left is removed, its lock is taken over', async () => {
  const leftover = `${partDir('thing', '1.0')}.tmp-1`;
  mkdirSync(leftover, { recursive: true });
  // No process has this id: it is above the kernel's highest.
  writeFileSync(join(folder, 'thing', '1.0.lock'), JSON.stringify({ pid: 2 ** 22 + 1, start: '1' }));
  await fillCache({ ...base, ways: [{ how: 'built', fill: good('works') }], verify: works });
  expect(existsSync(leftover)).toBe(false);
  expect(readdirSync(join(folder, 'thing'))).toEqual(['1.0']);
});

test('two at once: one fills, the other waits and finds it done', async () => {
  let filled = 0;
  const fill = async (dir: string) => {
    filled += 1;
    await new Promise((resolve) => setTimeout(resolve, 300));
    return good('works')(dir);
  };
  const run = () => fillCache({ ...base, ways: [{ how: 'built', fill }], verify: works });
  expect(await Promise.all([run(), run()])).toMatchObject([{ how: 'built' }, { how: 'built' }]);
  expect(filled).toBe(1);
});

test('an interruption leaves nothing behind', async () => {
  const stop = new AbortController();
  const fill = async (dir: string) => {
    writeFileSync(join(dir, 'program'), 'wor');
    stop.abort();
    return 'stopped';
  };
  const ways = [
    { how: 'download', fill },
    { how: 'built', fill: good('works') },
  ];
  await expect(fillCache({ ...base, ways, verify: works, signal: stop.signal })).rejects.toThrow(
    'interrupted',
  );
  expect(readdirSync(join(folder, 'thing'))).toEqual([]);
});
