import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readCgroup, readCgroupMemory } from '../../../activities/host/cgroup.js';
import { containerId, pid, recordedRoot } from './recorded.js';

const MiB = 1024 * 1024;
const v2 = join(recordedRoot, 'cgroup-v2');
const scope = 'docker-4f1c0a7b2d9e8c5a6b3f4e1d0c9b8a7f6e5d4c3b2a190807f6e5d4c3b2a19081.scope';

describe('a container’s memory cgroup', () => {
  test('version 1, recorded', async () => {
    const roots = { proc: join(recordedRoot, 'proc'), cgroup: join(recordedRoot, 'cgroup-v1') };
    expect(await readCgroupMemory(roots, pid)).toEqual({
      version: '1',
      usageBytes: 62_885_888,
      limitBytes: 60 * MiB,
      reservationBytes: 40 * MiB,
      swapBytes: 0,
      memorySwapBytes: 80 * MiB,
      peakBytes: 62_914_560,
      oomKills: 0,
      underOom: false,
      limitHits: expect.any(Number),
      anonBytes: 51_486_720,
      shmemBytes: 5_001_216,
      inactiveFileBytes: 4_558_848,
      cacheBytes: 9_764_864,
    });
  });

  test('version 2, as the kernel documents it', async () => {
    expect(await readCgroup(v2, { unified: `/system.slice/${scope}` })).toEqual({
      version: '2',
      usageBytes: 400 * MiB,
      limitBytes: 512 * MiB,
      reservationBytes: 256 * MiB,
      swapBytes: 20 * MiB,
      memorySwapBytes: 1024 * MiB,
      peakBytes: 510 * MiB,
      oomKills: 2,
      limitHits: 1843,
      anonBytes: 300 * MiB,
      shmemBytes: 10 * MiB,
      inactiveFileBytes: 40 * MiB,
      cacheBytes: 80 * MiB,
      pressure: { somePercent: 12.34, fullPercent: 3.21 },
    });
  });

  test('an older kernel under version 2: no limit, no peak, no swap accounting, no events', async () => {
    const seen = await readCgroup(v2, { unified: '/system.slice/unlimited.service' });
    expect(seen).toMatchObject({ usageBytes: 400 * MiB, anonBytes: 300 * MiB });
    for (const absent of [
      'limitBytes',
      'reservationBytes',
      'memorySwapBytes',
      'peakBytes',
      'oomKills',
      'swapBytes',
    ])
      expect(seen).toHaveProperty(absent, undefined);
  });

  test('version 1’s nearly endless number is no limit', async () => {
    const seen = await readCgroup(join(recordedRoot, 'cgroup-v1'), { memory: `/docker/${containerId}` });
    expect(seen?.limitBytes).toBe(60 * MiB);
    expect(Number('9223372036854771712')).toBeGreaterThan(2 ** 60);
  });

  test('a process or cgroup that is gone has none', async () => {
    const roots = { proc: join(recordedRoot, 'proc'), cgroup: v2 };
    expect(await readCgroupMemory(roots, 99_999_999)).toBeUndefined();
    expect(await readCgroup(v2, { unified: '/gone' })).toBeUndefined();
    expect(await readCgroup(v2, {})).toBeUndefined();
  });
});
