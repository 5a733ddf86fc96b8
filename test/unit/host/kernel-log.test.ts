import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createKernelLog } from '../../../activities/host/kernel-log.js';
import { isAboutOom, OomLog, parseJournal, parseKmsg } from '../../../activities/host/oom-log.js';
import { recorded } from './recorded.js';

const kills = (text: string) => {
  const log = new OomLog();
  return text.split('\n').flatMap((line, index) => log.line({ atMs: index, text: line }) ?? []);
};

describe('OOM kills in the kernel log', () => {
  test('each kill of a recorded log is found once, with its container', () => {
    const log = new OomLog();
    const found = recorded('kernel-log/6.18-kmsg.txt')
      .split('\n')
      .flatMap((line) => parseKmsg(line) ?? [])
      .flatMap(({ microseconds, text }) => log.line({ atMs: microseconds / 1000, text }) ?? []);
    expect(found.map(({ pid }) => pid)).toEqual([22890, 24283, 24387, 24394, 24535]);
    expect(found[0]).toEqual({
      atMs: 1_467_882.189,
      pid: 22890,
      process: 'node',
      byLimit: true,
      anonBytes: 39_936 * 1024,
      cgroup: '/docker/976405fe987da8472311c7fa93cf9173c4f0e3052584afe5a44efddc4f0ec5ad',
      containerId: '976405fe987da8472311c7fa93cf9173c4f0e3052584afe5a44efddc4f0ec5ad',
    });
  });

  test('older and newer kernels’ messages are understood, the announcement is not taken for the kill', () => {
    const found = kills(recorded('kernel-log/older.txt'));
    expect(
      found.map(({ pid, process, byLimit, containerId }) => [pid, process, byLimit, containerId?.[0]]),
    ).toEqual([
      [2451, 'java', false, undefined],
      [3101, 'python3', true, 'a'],
      [4200, 'node (main)', true, 'b'],
      [5300, 'mysqld', false, 'c'],
      [6400, 'worker', true, 'd'],
      [6401, 'worker', true, 'd'],
      [7500, 'indexer', false, undefined],
    ]);
  });

  test('a cgroup named long before belongs to another kill', () => {
    const log = new OomLog();
    const container = 'e'.repeat(64);
    log.line({
      atMs: 0,
      text: `Task in /docker/${container} killed as a result of limit of /docker/${container}`,
    });
    const kill = log.line({
      atMs: 60_000,
      text: 'Killed process 1 (a) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
    });
    expect(kill?.containerId).toBeUndefined();
  });

  test('an app that writes about killing processes into the log kills none', () => {
    expect(kills('myapp[12]: Killed process 99 (x)\nsystemd: oomd Killed process 4 (y)')).toEqual([]);
    expect(parseKmsg('12,5,99,-;Out of memory: Killed process 99 (x) total-vm:1kB')).toBeUndefined();
  });

  test('lines about it are told from others', () => {
    expect(isAboutOom('node invoked oom-killer: gfp_mask=0xcc0')).toBe(true);
    expect(isAboutOom('docker0: port 1(veth) entered disabled state')).toBe(false);
    expect(isAboutOom('Out of memory: Killed process 1 (a)')).toBe(true);
  });

  test('records of kmsg and lines of the journal are taken apart', () => {
    expect(parseKmsg('6,1107,1531301283,-,caller=T24394;text; with a semicolon')).toEqual({
      sequence: 1107,
      microseconds: 1_531_301_283,
      text: 'text; with a semicolon',
    });
    expect(parseKmsg(' SUBSYSTEM=memory')).toBeUndefined();
    expect(parseJournal('1700000000.250000 host kernel: Out of memory')).toEqual({
      atMs: 1_700_000_000_250,
      text: 'Out of memory',
    });
    expect(parseJournal('-- No entries --')).toBeUndefined();
  });
});

describe('following the kernel log', () => {
  test('what was read is remembered, what comes later is added', async () => {
    const dir = await mkdtemp(join(tmpdir(), 'kmsg-'));
    const path = join(dir, 'kmsg');
    await writeFile(path, recorded('kernel-log/6.18-kmsg.txt'));
    const log = createKernelLog(path);
    const { signal } = new AbortController();
    expect((await log.read(signal)).kills).toHaveLength(5);
    expect((await log.read(signal)).kills).toHaveLength(5);
    await appendFile(
      path,
      '3,9,9999999999,-;Out of memory: Killed process 7 (x) total-vm:1kB, anon-rss:1kB\n',
    );
    const { kills: all, lines, source } = await log.read(signal);
    expect(all.map(({ pid }) => pid)).toContain(7);
    expect(lines.at(-1)?.text).toContain('Killed process 7');
    expect(source).toBe(path);
    await log.close();
    await rm(dir, { recursive: true });
  });

  test('where it may not be read, the journal is asked, and told why', async () => {
    const asked: string[] = [];
    const log = createKernelLog('/nowhere/kmsg', async (_, why) => {
      asked.push(why);
      return { source: 'journalctl -k', kills: [], lines: [] };
    });
    expect((await log.read(new AbortController().signal)).source).toBe('journalctl -k');
    expect(asked[0]).toContain('ENOENT');
  });
});
