import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ExampleProcess, endAll } from './process.js';

vi.setConfig({ testTimeout: 30_000 });

const MIB = 1024 * 1024;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-disk-'));
});

afterEach(async () => {
  await endAll();
  rmSync(folder, { recursive: true });
});

function bytesIn(name: string): number {
  const path = join(folder, name);
  return readdirSync(path).reduce((sum, file) => sum + statSync(join(path, file)).size, 0);
}

function fill(env: Record<string, string> = {}): ExampleProcess {
  return new ExampleProcess('disk/fill.mjs', { FILL_DIR: folder, ...env });
}

describe('the example that fills a disk', () => {
  it('writes what it is told, says that writing works, and stops in order', async () => {
    const example = fill({
      FILL_KEEP_BYTES: String(MIB),
      FILL_TMP_BYTES: String(3 * MIB),
      FILL_FILE_BYTES: String(2 * MIB),
    });
    await example.event('write-ok');
    expect([bytesIn('keep'), bytesIn('tmp')]).toEqual([MIB, 3 * MIB]);
    expect(readdirSync(join(folder, 'tmp'))).toEqual(['part-00000.bin', 'part-00001.bin']);
    example.kill('SIGTERM');
    expect(await example.ended).toEqual({ code: 0, signal: null });
    expect(example.events('stopping')).toHaveLength(1);
  });

  it('fills only in its first life when it has a once-file', async () => {
    const once = join(folder, 'once');
    const first = fill({ FILL_ONCE_FILE: once, FILL_TMP_BYTES: String(MIB), FILL_KEEP_BYTES: String(MIB) });
    await first.event('filled');
    first.kill('SIGKILL');
    await first.ended;
    rmSync(join(folder, 'tmp'), { recursive: true });
    await fill({ FILL_ONCE_FILE: once, FILL_TMP_BYTES: String(MIB) }).event('not-filled');
    expect(readdirSync(folder)).not.toContain('tmp');
  });

  it('says what is wrong with its configuration', async () => {
    const bad = fill({ FILL_TMP_BYTES: 'lots' });
    expect((await bad.event('failed')).msg).toContain('FILL_TMP_BYTES is "lots"');
    expect((await bad.ended).code).toBe(2);
    writeFileSync(join(folder, 'file'), '');
    const noFolder = fill({ FILL_DIR: join(folder, 'file') });
    expect((await noFolder.event('failed')).msg).toContain('set FILL_DIR');
    expect((await noFolder.ended).code).toBe(1);
  });
});

/** A file system of 8 MiB needs the right to mount one. */
function mountSmallDisk(): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', folder], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('the example that fills a disk, on a disk of 8 MiB', () => {
  it('fills it, fails to write, and writes again when temporary files are removed', async (context) => {
    if (!mountSmallDisk()) {
      if (process.env.CI) throw new Error('needs the right to mount a tmpfs: run as root with CAP_SYS_ADMIN');
      context.skip('needs the right to mount a tmpfs (run as root)');
    }
    try {
      const example = fill({ FILL_KEEP_BYTES: String(2 * MIB), FILL_FILE_BYTES: String(MIB) });
      const failed = await example.event('write-failed');
      expect(failed.totalBytes).toBe(8 * MIB);
      expect(Number(failed.availableBytes)).toBeLessThan(64 * 1024);
      expect(bytesIn('keep')).toBe(2 * MIB);
      for (const file of readdirSync(join(folder, 'tmp'))) rmSync(join(folder, 'tmp', file));
      expect((await example.event('write-ok')).availableBytes).toBeGreaterThan(4 * MIB);
      expect(bytesIn('keep')).toBe(2 * MIB);
    } finally {
      await endAll();
      execFileSync('umount', [folder]);
    }
  });
});
