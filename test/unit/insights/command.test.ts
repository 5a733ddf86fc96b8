import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../../../archive/archive.js';
import { runCli } from '../../../client/cli/run.js';
import { fakeIo } from '../cli/fake-io.js';
import { bundleOf } from './bundles.js';
import { ago, day, idOf, period } from './generate.js';

let folder = '';
const files: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-insights-'));
  const archive = createArchive(join(folder, 'archive'), { create: true });
  for (const n of [0, 1, 2, 3]) {
    const target = `docker/local/${n === 3 ? 'other' : 'agent'}`;
    const bundle = bundleOf({ id: idOf(n), ago: (n + 1) * day, target, peak: 150 + n });
    files.push((await archive.write(bundle)).file);
  }
  files.push((await archive.write(bundleOf({ id: idOf(4), ago: 5 * day }, true))).file);
  await archive.write(bundleOf({ id: idOf(5), ago: 200 * day }));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function insights(...args: readonly string[]) {
  const { io, written } = fakeIo({ cwd: folder, now: () => new Date(period.until) });
  const code = await runCli(['insights', ...args], io);
  return { code, ...written };
}

describe('nightshift insights', () => {
  it('tells of an archive, with the period and the number of incidents first', async () => {
    const { code, out, err } = await insights('--archive', 'archive');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^4 incidents ended from 2026-08-24 to 2026-11-22 \(90 d\), read from archive\./);
    expect(out).toContain(
      `Without a result, so only counted here: 1 incident that ended TERMINATED\n    ${idOf(4)}`,
    );
    expect(out.replace(/\s+/g, ' ')).toContain(
      'MemoryHigh on docker/local/agent: 3 incidents, 1 in the last 24 h',
    );
    expect(out).toContain('See one: nightshift incident show');
  });

  it('narrows to a target, a runbook and a time, whole or from files', async () => {
    const json = async (...args: readonly string[]) =>
      JSON.parse((await insights(...args, '-o', 'json')).out);
    const all = ['--archive', 'archive'];
    expect(await json(...all, '--target', 'docker/local/other')).toMatchObject({
      incidents: 1,
      recurrence: [],
    });
    expect(await json(...all, '--runbook', 'MEM-002')).toMatchObject({ incidents: 0 });
    expect(await json(...all, '--since', '60h')).toMatchObject({ since: ago(2.5 * day), incidents: 2 });
    expect(await json(...all, '--since', '2026-01-01')).toMatchObject({ incidents: 5 });
    const two = await json('--archive', files[0] ?? '', files[3] ?? '', files[0] ?? '');
    expect(two).toMatchObject({ incidents: 2, limits: [] });
    expect(await json('--archive', files[0] ?? '', '--target', 'docker/local/other')).toMatchObject({
      incidents: 0,
    });
  });

  it('takes the archive that the configuration names', async () => {
    const file = join(folder, 'ns.yaml');
    await writeFile(file, "engines: { local: 'unix:///x.sock' }\narchive: { folder: archive }\n");
    const { code, out } = await insights('--config', file, '-o', 'md');
    expect(code).toBe(0);
    expect(out).toMatch(/^# Insights\n\n4 incidents/);
    expect(out).toContain('## What comes back');
  });

  it('says what it could not read, and goes on', async () => {
    const bad = join(folder, 'bad');
    const archive = createArchive(bad, { create: true });
    await archive.write(bundleOf({ id: idOf(1), ago: day }));
    const { file } = await archive.write(bundleOf({ id: idOf(2), ago: 2 * day }));
    await truncate(file, 300);
    const { code, out, err } = await insights('--archive', 'bad');
    expect(code).toBe(0);
    expect(out).toMatch(/^1 incident ended/);
    expect(err).toContain('1 could not be read, and is left out:');
    expect(err).toContain(idOf(2));
  });

  it('says what an empty result means, and what to do', async () => {
    const old = await insights('--archive', 'archive', '--since', '1h');
    expect(old).toMatchObject({ code: 0, out: '' });
    expect(old.err).toContain('No incident has ended since 2026-11-21');
    expect(old.err).toContain('--since 365d');
    const filtered = await insights('--archive', 'archive', '--target', 'docker/local/nobody');
    expect(filtered.err).toContain('Take a filter away');
  });

  it.each([
    [['--archive', 'nowhere'], 'nowhere can’t be read'],
    [['--archive', 'archive', '--since', 'yesterday'], '--since yesterday is no time'],
  ])('refuses %j with exit code 2', async (args, text) => {
    const { code, err, out } = await insights(...args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(text);
  });

  it('ends with 130 where it is interrupted', async () => {
    const { io, written } = fakeIo({
      cwd: folder,
      now: () => new Date(period.until),
      signal: AbortSignal.abort(),
    });
    expect(await runCli(['insights', '--archive', 'archive'], io)).toBe(130);
    expect(written.out).toBe('');
  });

  it('helps with examples', async () => {
    const { code, out } = await insights('--help');
    expect(code).toBe(0);
    expect(out).toContain('nightshift insights --since 30d');
  });
});
