import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createArchive } from '../../../archive/archive.js';
import { closedIncidents, collectBundle } from '../../../archive/collect.js';
import { archiverStanding } from '../../../archive/standing.js';
import { archiveBatch, type BatchAttempt } from '../../../worker/archiver/batch.js';
import { all, listed, terminated } from '../../support/closed.js';
import { sleep } from '../../support/faults.js';
import { MortalNight, persistently, randomFrom } from '../../support/faults-processes.js';

const seed = Number(process.env.NIGHTSHIFT_CHAOS_SEED ?? Date.now() % 1_000_000);
const incidents = 240;
const deaths = 2;

/** No file may be bad. */
const unreachable = (error: Error): void => expect.unreachable(error.message);

let night: MortalNight;
beforeAll(async () => {
  night = await MortalNight.open();
  night.server.start();
  await night.answering();
  const names = Array.from({ length: incidents }, (_, n) => `closed-${n}`);
  // Some at a time: they end at different moments.
  for (let from = 0; from < incidents; from += 20)
    await Promise.all(names.slice(from, from + 20).map((name) => terminated(night.client, name)));
  await listed(night.client, incidents);
});
afterAll(async () => {
  await night?.close();
});

describe(`the archiver's worker killed at random moments, seed ${seed}`, () => {
  it('in the end every closed incident is in the archive once, and good', async () => {
    console.log(`NIGHTSHIFT_CHAOS_SEED=${seed}`);
    const random = randomFrom(seed);
    const folder = join(night.folder, 'archive');
    // Its first worker makes the folder.
    night.configure(`archive: { folder: '${folder}', every: 1h }\n`);
    const files = (): number => {
      try {
        return readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith('.gz')).length;
      } catch {
        return 0;
      }
    };
    for (let death = 0; death < deaths; death += 1) {
      night.worker.start();
      const share = (death + random()) / deaths;
      await persistently(`${Math.round(share * 100)} % are archived`, async () => {
        for (let n = 0; n < 50; n += 1, await sleep(5)) if (files() >= share * incidents) return;
        throw new Error(
          `${files()} of ${incidents} are: ${readFileSync(night.log('worker'), 'utf8').slice(-2000)}`,
        );
      });
      await sleep(random() * 30);
      await night.worker.kill();
      console.log(`killed at ${files()} of ${incidents}`);
    }
    night.worker.start();
    const run = await persistently('the archiver has come to its end', async () => {
      const [last] = (await archiverStanding(night.client))?.runs ?? [];
      if (!last?.result) throw new Error(`it is ${last?.status}`);
      return last;
    });
    expect(run.result).toMatchObject({ failed: 0 });
    await night.worker.kill();

    const archive = createArchive(folder);
    const entries = await all(archive.list({}, unreachable));
    const runs = await all(closedIncidents(night.client));
    expect(entries.map(({ incident }) => incident.runId).sort()).toEqual(
      runs.map(({ runId }) => runId).sort(),
    );
    for (const { file } of entries) await archive.read(file);
  });
});

/** File systems of so many pages need root, and Linux. */
const canMount = process.platform === 'linux' && process.getuid?.() === 0;

describe.skipIf(!canMount)('a folder on a file system of its own (needs root on Linux)', () => {
  let folder: string;
  const mount = (options: string): void => {
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'nightshift-test', folder]);
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'nightshift-archive-'));
    mount('size=128k');
  });
  afterAll(() => {
    execFileSync('umount', [folder]);
    rmSync(folder, { recursive: true });
  });

  const batch = (previous?: BatchAttempt['previous']) => {
    const archive = createArchive(folder);
    const { client } = night;
    return archiveBatch(
      {
        archive,
        closed: (since) => closedIncidents(client, since === undefined ? {} : { since }),
        collect: (run) => collectBundle(client, run),
        namespaceSeconds: async () => undefined,
        gauges: { batch: () => undefined, failed: () => undefined },
        now: () => new Date(),
      },
      { passOver: [] },
      {
        signal: new AbortController().signal,
        previous,
        onProgress: (progress) => {
          seen = progress;
        },
        log: { warn: (message) => expect.unreachable(message) },
      },
    );
  };
  let seen: BatchAttempt['previous'];

  it('is full, then has room, then can only be read, then can be written again: nothing is lost, nothing torn', async () => {
    await expect(batch()).rejects.toThrow(/no room left.*Make room, or keep less/);
    const before = await all(createArchive(folder).list({}, unreachable));
    expect(before.length).toBeGreaterThan(5);
    expect(seen?.written).toBe(before.length);

    mount('remount,ro,size=128k');
    await expect(batch(seen)).rejects.toThrow(/can only be read/);

    mount('remount,rw,size=16m');
    // Where the attempt before was, as a heartbeat tells it.
    const result = await batch(seen);
    expect(result).toMatchObject({ written: incidents, failures: [], more: false });
    expect(await all(createArchive(folder).list({}, unreachable))).toHaveLength(incidents);
  });
});
