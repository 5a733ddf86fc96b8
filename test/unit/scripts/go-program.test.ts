import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type GoProgram, goProgram } from '../../../scripts/lib/go-program.mjs';

const variable = 'NIGHTSHIFT_TEST_GO_PROGRAM';
let folder = '';
let before: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-go-'));
  before = process.env.NIGHTSHIFT_CACHE;
  process.env.NIGHTSHIFT_CACHE = join(folder, 'cache');
});
afterEach(() => {
  if (before === undefined) delete process.env.NIGHTSHIFT_CACHE;
  else process.env.NIGHTSHIFT_CACHE = before;
  delete process.env[variable];
  rmSync(folder, { recursive: true, force: true });
});

/** A program that says so of itself. */
function program(path: string, says: string): string {
  writeFileSync(path, `#!/bin/sh\necho '${says}'\n`, { mode: 0o755 });
  return path;
}

const spec: GoProgram = {
  part: 'nightshift-gopher',
  name: 'gopher',
  use: 'digs',
  version: '1.2.3',
  variable,
  mend: 'install Go',
  asks: ['version'],
  tells: /^gopher(?: v([\d.]+))?/,
  build: async ({ dir }) => {
    program(join(dir, 'nightshift-gopher'), 'gopher v1.2.3');
    return null;
  },
};
const log = () => undefined;

test('is built once, and found in the cache after that', async () => {
  expect(await goProgram(spec).find()).toBeNull();
  expect(await goProgram(spec).ensure({ log })).toMatchObject({ version: '1.2.3', how: 'built' });
  const never = { ...spec, build: async () => 'it is not to be built again' };
  expect(await goProgram(never).ensure({ log })).toMatchObject({ version: '1.2.3', how: 'cache' });
});

test('that was named is taken, with the version that it tells, or none', async () => {
  const path = join(folder, 'mine');
  for (const [says, version] of [
    ['gopher v9.8', '9.8'],
    ['gopher', 'unknown'],
  ] as const) {
    process.env[variable] = program(path, says);
    expect(await goProgram(spec).find()).toEqual({ path, version, how: 'env' });
  }
});

test('that was named and is another program is refused by the name of the variable', async () => {
  process.env[variable] = program(join(folder, 'mine'), 'mole v1');
  await expect(goProgram(spec).find()).rejects.toThrow(`${variable} is ${folder}/mine, which is no gopher`);
});

test('that was built and does not run, or was not built, is told with the mend', async () => {
  const mute: GoProgram = {
    ...spec,
    build: async ({ dir }) => {
      program(join(dir, spec.part), 'mole');
      return null;
    },
  };
  await expect(goProgram(mute).ensure({ log })).rejects.toThrow(
    /can't be had .*does not run.*\n.*install Go, or set NIGHTSHIFT_TEST_GO_PROGRAM/s,
  );
  const none: GoProgram = { ...spec, build: async () => 'no Go compiler on PATH' };
  await expect(goProgram(none).ensure({ log })).rejects.toThrow(/no Go compiler on PATH/);
});
