import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { cutShort, histories, recorded, scratch } from '../support/replay/recorded.js';

const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const tank = (name: string): string => join(dist, 'test', 'support', 'tank', `${name}.js`);

let folder: Awaited<ReturnType<typeof scratch>>;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.remove());

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** `nightshift replay …`, as it is installed; `meanwhile` may send it signals. */
async function replay(
  args: readonly string[],
  meanwhile: (pid: number, err: () => string) => Promise<void> = async () => undefined,
): Promise<Ran> {
  const env = { ...process.env, NIGHTSHIFT_STATE: join(folder.folder, 'no-state') };
  const cli = join(dist, 'client', 'cli', 'main.js');
  const child = spawn(process.execPath, [cli, 'replay', ...args], { cwd: folder.folder, env });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  const gone = once(child, 'close');
  await meanwhile(child.pid ?? 0, () => err);
  const [code] = (await gone) as [number | null];
  return { code, out, err };
}

describe('nightshift replay', () => {
  it('refuses what would narrow nothing', async () => {
    const { code, err } = await replay([histories, '--runbook', 'MEM-001']);
    expect(code).toBe(2);
    expect(err).toContain('--runbook is about what --since finds');
  });

  it('finds nothing in the committed histories', async () => {
    const { code, out, err } = await replay([
      histories,
      '--with',
      tank('runbook'),
      '--with',
      tank('overflow'),
      '-o',
      'json',
    ]);
    expect(err).not.toContain('nightshift:');
    const sum = JSON.parse(out);
    expect(sum.verdicts).toEqual([]);
    expect(sum.same).toBe(sum.found);
    expect(sum.found).toBeGreaterThan(40);
    expect(code).toBe(0);
  });

  it('ends with 8 where a ladder was changed, and tells it once for a comment', async () => {
    const paths = [recorded('recovered-by-a-gentle-remedy'), recorded('observed')];
    const { code, out } = await replay([
      ...paths,
      '--with',
      tank('changed'),
      '--with',
      tank('overflow'),
      '-o',
      'md',
    ]);
    expect(code).toBe(8);
    expect(out).toContain('### Replay: diverged');
    expect(out).toContain('fact 6: expected rungStarted flush\n        came rungStarted restart');
    expect(out).toContain('likely: gone from the ladder: flush, throttle');
    expect(out).toMatch(/\| 2 \| 0 \| 1 \| 1 \| 0 \| 0 \|/);
  });

  it('tells what is no recording file by file, and goes on; a runbook of before is a divergence', async () => {
    const inside = join(folder.folder, 'mixed', 'deeper');
    await mkdir(inside, { recursive: true });
    await copyFile(recorded('mem-001-container'), join(inside, 'good.json'));
    await folder.file('mixed/cut.json', '{"events": [{"eventId": "1"');
    await folder.file('mixed/foreign.json', '{"name": "not ours"}');
    await folder.file('mixed/half.json', { events: [{ eventId: '5' }] });
    await folder.file('mixed/damaged.json.gz', '{"format":"nightshift.incident-bundle","version":1,');
    const bad = await replay(['mixed']);
    expect(bad.code).toBe(1);
    expect(bad.out).toMatch(/unreadable mixed\/cut\.json\n {2}it ends in the middle/);
    expect(bad.out).toMatch(
      /unreadable mixed\/foreign\.json\n {2}it is JSON, but neither a bundle nor a history/,
    );
    expect(bad.out).toMatch(/unreadable mixed\/half\.json\n {2}its history does not begin with the start/);
    expect(bad.out).toMatch(/unreadable mixed\/damaged\.json\.gz/);
    expect(bad.out).toContain('1 replayed: 1 the same, 0 diverged; 4 unreadable.');

    await folder.file('mixed/old.json', cutShort('declined', 20, 'terminated'));
    const worse = await replay(['mixed']);
    expect(worse.code).toBe(8);
    expect(worse.out).toContain('TANK-1 was removed or renamed');
  });

  it('says what to do where there is nothing to replay', async () => {
    await mkdir(join(folder.folder, 'empty'), { recursive: true });
    const [empty, none, absent] = await Promise.all([replay(['empty']), replay([]), replay(['nowhere'])]);
    expect(empty).toMatchObject({
      code: 2,
      err: expect.stringContaining('no bundle and no history in empty'),
    });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('--since 30d') });
    expect(absent).toMatchObject({ code: 3, err: expect.stringContaining("nowhere can't be opened") });
  });

  it('needs the server only for what is on the server', async () => {
    const { code, err } = await replay(['--since', '30d', '--temporal', '127.0.0.1:9']);
    expect(code).toBe(5);
    expect(err).toContain('Bundles and folders of them can be replayed without it');
  });

  it('Ctrl-C ends it with what was done', async () => {
    const mem = Array.from({ length: 1_000 }, () => recorded('mem-001-container'));
    // It says something after two seconds; all of them take far longer.
    const ran = await replay(mem, async (pid, err) => {
      for (let waited = 0; waited < 60_000 && !err().includes('Replay'); waited += 50)
        await new Promise((resolve) => setTimeout(resolve, 50));
      process.kill(pid, 'SIGINT');
    });
    expect(ran.code).toBe(130);
    expect(ran.out).toMatch(/broken off, \d+ left/);
  });
});
