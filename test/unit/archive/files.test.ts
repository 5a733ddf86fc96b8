import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createArchive } from '../../../archive/archive.js';
import { readBundle } from '../../../archive/file.js';
import { decodeBundle, encodeBundle } from '../../../archive/format.js';
import type { ArchiveEntry, ArchiveFilter } from '../../../archive/types.js';
import { BundleError, type BundleProblem } from '../../../model/bundle/errors.js';
import type { IncidentBundle } from '../../../model/bundle/types.js';
import { canonicalJson } from '../../../model/json.js';
import { bundleOf, recordedRun } from '../../support/bundles.js';
import { all } from '../../support/closed.js';

let folder = '';
let count = 0;
let root = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-archive-'));
});
beforeEach(async () => {
  count += 1;
  root = join(folder, String(count));
  await mkdir(root);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function problemOf(bytes: Buffer): Promise<BundleProblem | 'good'> {
  try {
    await decodeBundle(bytes, 'some.gz');
    return 'good';
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    return error.problem;
  }
}

/** The same incident, as if it had been another run that ended then. */
function ended(closedAt: string, name?: string): IncidentBundle {
  const { events } = recordedRun(name ?? 'declined');
  const last = { ...events.at(-1), eventTime: closedAt };
  const runId = `00000000-0000-4000-8000-${closedAt.replace(/\D/g, '').slice(5)}`;
  return bundleOf(name ?? 'declined', { runId, events: [...events.slice(0, -1), last] });
}

const names = async (): Promise<readonly string[]> =>
  (await readdir(root, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map(({ name }) => name)
    .sort();

describe('a file', () => {
  it('is gzip and JSON, says what it is at once, and has the digest that the docs tell how to make', async () => {
    const bundle = bundleOf();
    const text = gunzipSync(await encodeBundle(bundle)).toString('utf8');
    expect(text.startsWith('{"format":"nightshift.incident-bundle","version":1,"about":"One closed')).toBe(
      true,
    );
    const { digest, ...rest } = JSON.parse(text) as IncidentBundle;
    expect(digest).toBe(`sha256:${createHash('sha256').update(canonicalJson(rest)).digest('hex')}`);
    expect({ digest, ...rest }).toEqual(JSON.parse(JSON.stringify(bundle)));
    // An event a line, so that a difference can be read.
    expect(text.split('\n').length).toBeGreaterThan(bundle.history.events.length);
  });

  it('opens as plain JSON, too, and however it is laid out', async () => {
    const bundle = bundleOf();
    expect((await decodeBundle(Buffer.from(JSON.stringify(bundle, null, 2)), 'x')).digest).toBe(
      bundle.digest,
    );
    const root2 = createArchive(root);
    await writeFile(join(root, 'other.nightshift.json.gz'), gzipSync(JSON.stringify(bundle, null, 2)));
    expect(await all(root2.list())).toMatchObject([{ incident: { shortId: bundle.incident.shortId } }]);
  });

  it('cut off anywhere is truncated', async () => {
    const bytes = await encodeBundle(bundleOf());
    const cuts = [
      ...Array(40).keys(),
      ...Array.from({ length: 120 }, (_, n) => Math.floor((n / 120) * bytes.length)),
    ];
    for (const cut of [...cuts, bytes.length - 1, bytes.length - 8])
      expect([cut, await problemOf(bytes.subarray(0, cut))]).toEqual([cut, 'truncated']);
    const text = JSON.stringify(bundleOf());
    for (const cut of [300, 5000, text.length - 1])
      expect([cut, await problemOf(Buffer.from(text.slice(0, cut)))]).toEqual([cut, 'truncated']);
  });

  it('with any bit turned over is refused, or holds the very same', async () => {
    const bundle = bundleOf();
    const bytes = await encodeBundle(bundle);
    let refused = 0;
    for (let at = 0; at < bytes.length; at += 61) {
      const turned = Buffer.from(bytes);
      turned[at] = (turned[at] ?? 0) ^ (1 << (at % 8));
      const problem = await problemOf(turned);
      if (problem === 'good') expect((await decodeBundle(turned, 'x')).digest).toBe(bundle.digest);
      else refused += 1;
    }
    expect(refused).toBeGreaterThan(200);
  });

  it.each<[BundleProblem, string, Buffer]>([
    ['foreign', 'a random gzip', gzipSync('all is well')],
    ['foreign', 'a gzip of other JSON', gzipSync('{"a":1}')],
    ['foreign', 'a Temporal history', Buffer.from(JSON.stringify({ events: [] }))],
    ['foreign', 'a zip', Buffer.from('504b0304140000000800', 'hex')],
    ['foreign', 'a picture', Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex')],
    ['truncated', 'an empty file', Buffer.alloc(0)],
    ['newer', 'a newer version', gzipSync('{"format":"nightshift.incident-bundle","version":2,"x":1}')],
    ['edited', 'JSON with a hole in it', Buffer.from('{"format":"nightshift.incident-bundle",,"version":1}')],
  ])('%s: %s', async (problem, _what, bytes) => {
    expect(await problemOf(bytes)).toBe(problem);
  });

  it('that would fill the memory is not opened', async () => {
    const bomb = gzipSync(Buffer.alloc(4 * 1024 * 1024));
    await expect(decodeBundle(bomb, 'bomb.gz', 1024 * 1024)).rejects.toThrow(
      /bomb\.gz: is larger than 1 MiB/,
    );
  });

  it('a small file of many millions of values is refused before it is parsed', async () => {
    const head = '{"format":"nightshift.incident-bundle","version":1,"x":[';
    const bomb = gzipSync(`${head}${'[],'.repeat(5_500_000)}[]]}`);
    await expect(decodeBundle(bomb, 'bomb.gz')).rejects.toThrow(
      /bomb\.gz: holds more than 10 million values/,
    );
  });

  it('that is not there, or a folder, is said to be unreadable', async () => {
    const archive = createArchive(root);
    await expect(archive.read('never.gz')).rejects.toThrow(/never\.gz: is not there/);
    await expect(archive.read('.')).rejects.toMatchObject({ problem: 'unreadable' });
  });

  it('that is a pipe is not waited for', async () => {
    const pipe = join(root, 'pipe.gz');
    execFileSync('mkfifo', [pipe]);
    await expect(readBundle(pipe)).rejects.toThrow(/pipe\.gz: is no file/);
    await rm(pipe);
  });
});

describe('the archive', () => {
  it('names a file by its end and its short id, whatever the target is called', async () => {
    const bundle = bundleOf('declined', { workflowId: 'incident/../../etc/passwd\u0000' });
    const { file, result } = await createArchive(root).write(bundle);
    expect(result).toBe('written');
    expect(file.slice(root.length)).toMatch(
      /^\/2026-11\/2026-11-22T06-33-\d\dZ-[a-z2-7]{8}\.nightshift\.json\.gz$/,
    );
    expect(await names()).toHaveLength(1);
  });

  it('writes one once, and knows it', async () => {
    const archive = createArchive(root);
    const bundle = bundleOf();
    const { runId, shortId, closedAt } = bundle.incident;
    expect(await archive.has(bundle.incident)).toBe(false);
    await archive.write(bundle);
    expect(await archive.write(bundle)).toMatchObject({ result: 'there' });
    expect(await archive.has(bundle.incident)).toBe(true);
    expect(await archive.has({ shortId, closedAt, runId: `${runId}x` }).catch(() => false)).toBe(false);
    expect(await archive.read((await all(archive.list()))[0]?.file ?? '')).toEqual(
      JSON.parse(JSON.stringify(bundle)),
    );
  });

  it('knows one by an end that was rounded, as visibility does, over a second and a month', async () => {
    const archive = createArchive(root);
    const { incident } = ended('2026-11-30T23:59:59.999Z');
    await archive.write(ended('2026-11-30T23:59:59.999Z'));
    expect(await archive.has({ ...incident, closedAt: '2026-12-01T00:00:00.000Z' })).toBe(true);
    expect(await archive.has({ ...incident, closedAt: '2026-12-01T00:00:01.000Z' })).toBe(false);
  });

  it('puts a good one in the place of a damaged one, which is kept aside', async () => {
    const archive = createArchive(root);
    const bundle = bundleOf();
    const { file } = await archive.write(bundle);
    const bytes = await readFile(file);
    await writeFile(file, bytes.subarray(0, 4000));
    expect(await archive.has(bundle.incident)).toBe(false);
    expect(await archive.write(bundle)).toEqual({ file, result: 'written' });
    expect(await archive.has(bundle.incident)).toBe(true);
    expect((await readFile(`${file}.bad`)).length).toBe(4000);
    expect(await all(archive.list())).toHaveLength(1);
  });

  it('leaves one of a newer version alone', async () => {
    const archive = createArchive(root);
    const bundle = bundleOf();
    const { file } = await archive.write(bundle);
    const newer = gzipSync(JSON.stringify({ ...bundle, version: 2 }));
    await writeFile(file, newer);
    expect(await archive.write(bundle)).toEqual({ file, result: 'there' });
    expect(await readFile(file)).toEqual(newer);
  });

  it('lists the oldest end first, what fits, and tells what is no good', async () => {
    const archive = createArchive(root);
    const late = ['2026-11-30T23:59:59.100Z', '2026-11-30T23:59:59.200Z', '2026-11-30T23:59:59.300Z'];
    const ends = ['2026-12-01T00:00:00.500Z', '2026-11-30T23:59:59.999Z', ...late];
    for (const end of ends) await archive.write(ended(end));
    await mkdir(join(root, 'brought'));
    const brought = bundleOf('observed');
    await writeFile(join(root, 'brought', 'mine.nightshift.json.gz'), await encodeBundle(brought));
    await writeFile(join(root, 'brought', 'empty.nightshift.json.gz'), '');
    await writeFile(
      join(root, '2026-11', '2026-11-29T00-00-00Z-aaaaaaaa.nightshift.json.gz'),
      gzipSync('{}'),
    );
    await writeFile(join(root, 'notes.txt'), 'not ours');
    const bad: Error[] = [];
    const listed = async (filter?: ArchiveFilter): Promise<readonly string[]> =>
      (await all(archive.list(filter, (error) => bad.push(error)))).map(({ incident }) => incident.closedAt);
    const first = brought.incident.closedAt;
    expect(await listed()).toEqual([first, ...ends.toSorted()]);
    expect(bad.map((error) => (error as BundleError).problem).toSorted()).toEqual(['foreign', 'truncated']);
    expect(await listed({ since: '2026-11-30T23:59:59.500Z' })).toEqual([ends[1], ends[0]]);
    expect(await listed({ until: '2026-11-30T23:59:59.100Z' })).toEqual([first, late[0]]);
    expect(await listed({ target: brought.incident.target.key })).toEqual([first]);
    expect(await listed({ runbook: 'MEM-001' })).toEqual([]);
  });

  it('prunes by age and by size, the oldest first, and spares what was just written', async () => {
    const archive = createArchive(root);
    const now = new Date('2026-12-10T00:00:00Z');
    for (const day of ['01', '02', '03', '04']) await archive.write(ended(`2026-12-${day}T00:00:00.000Z`));
    const each = (await all(archive.list()))[0]?.bytes ?? 0;
    const days = (gone: readonly ArchiveEntry[]) =>
      gone.map(({ incident }) => incident.closedAt.slice(8, 10));
    expect(days(await archive.prune({ seconds: 7.5 * 86_400 }, now, { dryRun: true }))).toEqual(['01', '02']);
    expect(days(await archive.prune({ seconds: 8.5 * 86_400 }, now))).toEqual(['01']);
    const closedBefore = '2026-12-03T00:00:00Z';
    expect(days(await archive.prune({ bytes: each * 1.5 }, now, { closedBefore }))).toEqual(['02']);
    expect(days(await archive.prune({ bytes: each * 1.5 }, now))).toEqual(['03']);
    expect(days(await archive.prune({}, now))).toEqual([]);
    expect(await all(archive.list())).toHaveLength(1);
  });

  it('prunes drafts of a writer that was killed and what was kept aside, when they are old', async () => {
    const archive = createArchive(root);
    const { file } = await archive.write(bundleOf());
    const others = ['.a.nightshift.json.gz.1-2.draft', 'b.nightshift.json.gz.bad', 'c.draft', '.d.draft'];
    for (const name of others) await writeFile(join(root, name), 'x');
    const fresh = await names();
    await archive.prune({}, new Date());
    expect(await names()).toEqual(fresh);
    const old = new Date(Date.now() - 31 * 86_400_000);
    for (const name of others) await utimes(join(root, name), old, old);
    await archive.prune({}, new Date());
    // What only looks a little like ours is left alone.
    expect(await names()).toEqual(['.d.draft', 'c.draft', file.split('/').at(-1)].toSorted());
    await access(file);
  });
});

describe('a history of 2,000 events', () => {
  it('is written and read in a moment, and listed by its beginning', async () => {
    const { events } = recordedRun('recovered-by-an-approved-restart');
    const body = Array.from({ length: 1950 }, (_, n) => ({ ...events[2 + (n % 60)], eventId: String(n) }));
    const big = bundleOf('recovered-by-an-approved-restart', {
      events: [...events.slice(0, 2), ...body, ...events.slice(-1)],
    });
    const archive = createArchive(root);
    const heap = process.memoryUsage().heapUsed;
    const began = performance.now();
    const { file } = await archive.write(big);
    expect((await archive.read(file)).history.events).toHaveLength(big.history.events.length);
    expect(performance.now() - began).toBeLessThan(10_000);
    expect(process.memoryUsage().heapUsed - heap).toBeLessThan(256 * 1024 * 1024);
    expect(await all(archive.list())).toHaveLength(1);
  });
});
