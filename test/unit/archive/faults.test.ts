import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createArchive } from '../../../archive/archive.js';
import { ArchiveError } from '../../../archive/errors.js';
import { encodeBundle } from '../../../archive/format.js';
import { bundleOf, recordedRun } from '../../support/bundles.js';
import { all } from '../../support/closed.js';

let folder = '';
let count = 0;
let root = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-archive-faults-'));
});
beforeEach(async () => {
  count += 1;
  root = join(folder, String(count));
  await mkdir(root);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const bundle = bundleOf();
/** Other runs of the same incident. */
const another = (n: number) =>
  bundleOf('declined', { runId: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}` });

async function failure(work: Promise<unknown>): Promise<ArchiveError> {
  const error = await work.then(
    () => new Error('it did not fail'),
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof ArchiveError)) throw error;
  return error;
}

const files = async (): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name);

const isRoot = process.getuid?.() === 0 && process.platform === 'linux';

describe.skipIf(!isRoot)('on a disk of its own (needs root)', () => {
  beforeEach(() => void execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'nightshift-test', root]));
  afterEach(() => void execFileSync('umount', ['-l', root]));

  it('that is full, nothing half written is left, and there is room again when it has been made', async () => {
    const archive = createArchive(root);
    await archive.write(bundle);
    await writeFile(join(root, 'ballast'), Buffer.alloc(44 * 1024));
    const before = await files();
    const error = await failure(archive.write(another(1)));
    expect(error.problem).toBe('full');
    expect(error.message).toContain(root);
    expect(error.mend).toMatch(/room/);
    expect(await files()).toEqual(before);
    expect(await all(archive.list())).toHaveLength(1);
    await rm(join(root, 'ballast'));
    expect(await archive.write(another(1))).toMatchObject({ result: 'written' });
  });

  it('that can only be read, it says so; what is there is still listed and read', async () => {
    const archive = createArchive(root);
    const { file } = await archive.write(bundle);
    execFileSync('mount', ['-o', 'remount,ro', root]);
    const error = await failure(archive.write(another(2)));
    expect(error).toMatchObject({ problem: 'readOnly', mend: expect.stringMatching(/Mount it/) });
    expect(await archive.write(bundle)).toEqual({ file, result: 'there' });
    expect((await archive.read(file)).digest).toBe(bundle.digest);
    const pruning = await failure(archive.prune({ seconds: 0 }, new Date('2027-01-01T00:00:00Z')));
    expect(pruning.problem).toBe('readOnly');
    expect(await all(archive.list())).toHaveLength(1);
  });
});

describe('a folder that is gone', () => {
  it('is not made again: a mount may be missing', async () => {
    await rm(root, { recursive: true });
    const archive = createArchive(root);
    expect(await archive.has(bundle.incident)).toBe(false);
    const error = await failure(archive.write(bundle));
    expect(error).toMatchObject({
      problem: 'gone',
      place: root,
      mend: expect.stringMatching(/mount it again/),
    });
    expect((await failure(all(archive.list()))).problem).toBe('gone');
    expect((await failure(archive.prune({}, new Date()))).problem).toBe('gone');
    expect(await createArchive(root, { create: true }).write(bundle)).toMatchObject({ result: 'written' });
  });

  it('or is no folder, is said so', async () => {
    await writeFile(join(root, 'file'), '');
    expect((await failure(createArchive(join(root, 'file', 'x')).write(bundle))).problem).toBe('gone');
  });

  it('in the middle: written or an error that says so, never half', async () => {
    const archive = createArchive(root);
    const { events } = recordedRun('recovered-by-an-approved-restart');
    const body = Array.from({ length: 1000 }, (_, n) => ({ ...events[2 + (n % 60)], eventId: String(n) }));
    const big = bundleOf('recovered-by-an-approved-restart', {
      events: [...events.slice(0, 2), ...body, ...events.slice(-1)],
    });
    const seen = new Set<string>();
    // When it goes is chance: tried until it has gone in the middle, too.
    for (let n = 0; n < 12 || (!seen.has('gone') && n < 300); n += 1) {
      await mkdir(root, { recursive: true });
      const writing = archive.write(big).then(
        ({ result }) => result,
        (error: unknown) => error,
      );
      await new Promise((resolve) => setTimeout(resolve, (n % 12) * 3));
      await rm(root, { recursive: true, force: true }).catch(() => undefined);
      const result = await writing;
      if (typeof result !== 'string' && !(result instanceof ArchiveError)) throw result;
      seen.add(typeof result === 'string' ? result : result.problem);
      await rm(root, { recursive: true, force: true });
    }
    expect(seen).toContain('gone');
  });
});

describe('two processes', () => {
  const writers: ChildProcess[] = [];
  afterEach(() => {
    for (const writer of writers.splice(0)) writer.kill('SIGKILL');
  });

  /** The program as it was built: vitest's own modules can't be started as a process. */
  const program = createRequire(join(process.cwd(), 'package.json')).resolve(
    './dist/test/support/archive-writer.js',
  );

  async function writer(times: number): Promise<ChildProcess & { said: () => string }> {
    const given = join(root, 'given.gz');
    await writeFile(given, await encodeBundle(bundle));
    await mkdir(join(root, 'archive'), { recursive: true });
    const child = spawn(process.execPath, [program, join(root, 'archive'), given, String(times)]);
    writers.push(child);
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    while (!text.includes('ready')) {
      if (child.exitCode !== null) throw new Error(text);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    return Object.assign(child, { said: () => text });
  }

  it('that write the same incident at once leave one good file', async () => {
    const both = await Promise.all([writer(5), writer(5)]);
    const ends = both.map((child) => once(child, 'exit'));
    for (const child of both) child.stdin?.write('go\n');
    expect((await Promise.all(ends)).map(([code]) => code as unknown)).toEqual([0, 0]);
    const results = both.flatMap((child) => JSON.parse(child.said().split('\n')[1] ?? '') as string[]);
    expect(results).toHaveLength(10);
    expect(results.filter((result) => result === 'written').length).toBeLessThanOrEqual(2);
    const archive = createArchive(join(root, 'archive'));
    const [entry, ...more] = await all(archive.list());
    expect(more).toEqual([]);
    expect((await archive.read(entry?.file ?? '')).digest).toBe(bundle.digest);
    expect(await files()).toHaveLength(2);
  });

  it('of which one is killed at any moment leave nothing half under its name', async () => {
    const archive = createArchive(join(root, 'archive'));
    for (let n = 0; n < 4; n += 1) {
      const child = await writer(1);
      const ended = once(child, 'exit');
      child.stdin?.write('go\n');
      await new Promise((resolve) => setTimeout(resolve, n * 4));
      child.kill('SIGKILL');
      await ended;
      const bad: Error[] = [];
      for (const { file } of await all(archive.list({}, (error) => bad.push(error)))) {
        expect((await archive.read(file)).digest).toBe(bundle.digest);
        await rm(file);
      }
      expect(bad).toEqual([]);
    }
    await archive.prune({}, new Date(Date.now() + 7_200_000));
    expect(await readdir(join(root, 'archive', '2026-11')).catch(() => [])).toEqual([]);
  });
});

it('an error names the place and the mend, whatever the system says', async () => {
  const { archiveError } = await import('../../../archive/errors.js');
  for (const code of ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'ENOENT', 'ESTALE', 'EIO', 'EMFILE']) {
    const error = archiveError('/mnt/archive', Object.assign(new Error(`${code}: it failed`), { code }));
    expect(error.message).toContain('/mnt/archive');
    expect(error.message).toContain(code);
    expect(error.mend.length).toBeGreaterThan(10);
  }
});
