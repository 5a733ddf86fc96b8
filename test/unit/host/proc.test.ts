import { describe, expect, test } from 'vitest';
import {
  parseBootTime,
  parseCounters,
  parseMeminfo,
  parsePressure,
  parseSwaps,
} from '../../../activities/host/memory.js';
import {
  containerIdIn,
  parseCgroup,
  parseCmdline,
  parseExe,
  parseSmapsRollup,
  parseStartTicks,
  parseStatus,
} from '../../../activities/host/process.js';
import { reconcile } from '../../../activities/host/reconcile.js';
import { containerId, pid, recorded } from './recorded.js';

describe('the host’s memory', () => {
  test('meminfo is read in bytes, and counts as counts', () => {
    const meminfo = parseMeminfo(recorded('proc/meminfo'));
    expect(meminfo.get('MemTotal')).toBe(24_684_092 * 1024);
    expect(meminfo.get('Active(file)')).toBe(106_144 * 1024);
    expect(meminfo.get('HugePages_Total')).toBe(0);
  });

  test('vmstat’s counters are read, and lines that are none left out', () => {
    const vmstat = parseCounters(recorded('proc/vmstat'));
    expect(vmstat.get('pswpin')).toBe(0);
    expect(vmstat.get('oom_kill')).toBeGreaterThan(0);
    expect(parseCounters('nonsense\nlow -1\nmax\n')).toEqual(new Map());
  });

  test('swap devices are read with their names as they are', () => {
    expect(parseSwaps(recorded('proc/swaps'))).toEqual([]);
    const text =
      'Filename\t\t\tType\t\tSize\t\tUsed\t\tPriority\n/dev/sda2  partition\t1048576\t\t2048\t\t-2\n/my\\040swap file 1024 0 -3\n';
    expect(parseSwaps(text)).toEqual([
      { name: '/dev/sda2', sizeBytes: 1024 ** 3, usedBytes: 2048 * 1024 },
      { name: '/my swap', sizeBytes: 1024 ** 2, usedBytes: 0 },
    ]);
  });

  test('pressure is read, and absent where the kernel has none', () => {
    expect(parsePressure(recorded('proc/pressure/memory'))).toMatchObject({
      somePercent: expect.any(Number),
    });
    expect(
      parsePressure('some avg10=12.34 avg60=1 avg300=1 total=1\nfull avg10=3.2 avg60=1 avg300=1 total=1'),
    ).toEqual({
      somePercent: 12.34,
      fullPercent: 3.2,
    });
    expect(parsePressure('')).toBeUndefined();
  });

  test('boot time is an ISO time', () => {
    expect(parseBootTime('cpu 1 2\nbtime 1795321227\nprocesses 3\n')).toBe('2026-11-22T04:20:27.000Z');
    expect(parseBootTime('')).toBeUndefined();
  });
});

describe('where the host’s memory is', () => {
  const meminfo = (figures: Record<string, number>) => new Map(Object.entries(figures));

  test('the parts add up to what is not available', () => {
    const figures = parseMeminfo(recorded('proc/meminfo'));
    const parts = reconcile(figures, 40 * 1024 ** 2);
    const sum = Object.values(parts).reduce((a, b) => a + b, 0);
    expect(sum).toBe((figures.get('MemTotal') ?? 0) - (figures.get('MemAvailable') ?? 0));
    expect(parts.containers + parts.processes).toBe(figures.get('AnonPages'));
  });

  test('page cache and reclaimable slab are not used memory, tmpfs and huge pages are', () => {
    const parts = reconcile(
      meminfo({
        MemTotal: 1000,
        MemFree: 100,
        MemAvailable: 480,
        'Active(file)': 200,
        'Inactive(file)': 150,
        SReclaimable: 50,
        SUnreclaim: 30,
        AnonPages: 200,
        Shmem: 120,
        HugePages_Total: 2,
        Hugepagesize: 40,
        KernelStack: 10,
        PageTables: 5,
      }),
      150,
    );
    // 500 can be given back, 480 are available: the kernel keeps 20.
    expect(parts).toEqual({
      containers: 150,
      processes: 50,
      tmpfs: 120,
      slab: 30,
      hugePages: 80,
      kernel: 35,
      unexplained: 55,
    });
  });

  test('what nothing accounts for is told as unexplained, not spread over the rest', () => {
    const parts = reconcile(meminfo({ MemTotal: 1000, MemFree: 300, MemAvailable: 300, AnonPages: 100 }), 0);
    expect(parts.unexplained).toBe(600);
  });
});

describe('a process', () => {
  const file = (name: string): string => recorded(`proc/${pid}/${name}`);

  test('its memory is read from status', () => {
    expect(parseStatus(file('status'))).toEqual({
      name: 'node',
      uid: 0,
      rssBytes: 6188 * 1024,
      swapBytes: 0,
      sharedBytes: 0,
    });
    expect(parseStatus('Name:\tkthreadd\nUid:\t0\t0\t0\t0\n')).toBeUndefined();
  });

  test('its start time is read whatever its name', () => {
    expect(parseStartTicks(file('stat'))).toBe(166120);
    expect(parseStartTicks(file('stat').replace('(node)', '(a) b (c 1 2)'))).toBe(166120);
    expect(parseStartTicks('')).toBeUndefined();
  });

  test('its arguments keep empty ones and spaces', () => {
    expect(parseCmdline(file('cmdline')).slice(0, 3)).toEqual(['node', '--max-old-space-size=40', '-e']);
    expect(parseCmdline('a\0\0b c\0')).toEqual(['a', '', 'b c']);
  });

  test('its executable is known although it was replaced since', () => {
    expect(parseExe('/usr/bin/node (deleted)')).toBe('/usr/bin/node');
  });

  test('its proportional memory is read, or absent', () => {
    expect(parseSmapsRollup(file('smaps_rollup'))).toEqual({
      pssBytes: 6084 * 1024,
      privateBytes: 5984 * 1024,
      swapPssBytes: 0,
    });
    expect(parseSmapsRollup('')).toBeUndefined();
  });

  test('its container is told by its cgroup, under either version and driver', () => {
    const { memory, unified } = parseCgroup(file('cgroup'));
    expect(containerIdIn(memory ?? '')).toBe(containerId);
    expect(containerIdIn(unified ?? '')).toBe(containerId);
    expect(containerIdIn(`/system.slice/docker-${containerId}.scope`)).toBe(containerId);
    expect(containerIdIn(`/../../docker/${containerId}/child`)).toBe(containerId);
    expect(containerIdIn(`/kubepods/burstable/pod1/cri-containerd-${containerId}.scope`)).toBe(containerId);
    const inner = 'a'.repeat(64);
    expect(containerIdIn(`/docker/${containerId}/docker/${inner}`)).toBe(containerId);
    expect(containerIdIn('/user.slice/user-1000.slice')).toBeUndefined();
  });

  test('a memory controller that shares its tree is found', () => {
    expect(parseCgroup('3:cpu,memory:/a\n0::/b\n')).toEqual({ memory: '/a', unified: '/b' });
  });
});
