import { describe, expect, it } from 'vitest';
import { kernelIn, largestProcess, socketsIn } from '../../../activities/kubernetes/inspect.js';
import { memoryLines, oneLog, withPod } from '../../../activities/kubernetes/logs.js';
import { quantityOf } from '../../../activities/kubernetes/quantity.js';
import { inWords, selects } from '../../../activities/kubernetes/selectors.js';

describe('quantities', () => {
  it.each([
    ['512Mi', 512 * 1024 ** 2],
    ['1Gi', 1024 ** 3],
    ['1e9', 1e9],
    ['1.5G', 1.5e9],
    ['128974848', 128_974_848],
    ['1500m', 1.5],
    ['2Ei', 2 * 1024 ** 6],
    ['-5Mi', -5 * 1024 ** 2],
    ['0', 0],
  ])('%s', (text, value) => expect(quantityOf(text)).toBe(value));

  it.each(['', 'NaN', 'Infinity', '12 apples', 'Mi', '1e999', undefined])('%s is none', (text) =>
    expect(quantityOf(text)).toBeUndefined(),
  );
});

describe('selectors', () => {
  const labels = { app: 'agent', tier: 'back' };
  it.each([
    [{}, true],
    [{ matchLabels: { app: 'agent' } }, true],
    [{ matchLabels: { app: 'other' } }, false],
    [{ matchExpressions: [{ key: 'app', operator: 'In', values: ['agent', 'x'] }] }, true],
    [{ matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['agent'] }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'NotIn', values: ['agent'] }] }, true],
    [{ matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'Exists' }] }, false],
    [{ matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
    [{ matchExpressions: [{ key: 'zone', operator: 'Newly' }] }, false],
    [undefined, false],
  ])('%j selects: %s', (selector, expected) => expect(selects(selector, labels)).toBe(expected));

  it('are asked for in the words of the API', () => {
    const matchExpressions = [
      { key: 'tier', operator: 'In', values: ['a', 'b'] },
      { key: 'zone', operator: 'NotIn', values: ['c'] },
      { key: 'x', operator: 'Exists' },
      { key: 'y', operator: 'DoesNotExist' },
    ];
    expect(inWords({ matchLabels: { app: 'agent' }, matchExpressions })).toBe(
      'app=agent,tier in (a,b),zone notin (c),x,!y',
    );
  });
});

describe('the live process', () => {
  const one = (name: string, pid: number, rss: number, cgroup: string): string =>
    `Name:\t${name}\nPid:\t${pid}\nVmSize:\t  ${rss * 3} kB\nVmRSS:\t  ${rss} kB\nRssFile:\t  10 kB\nRssShmem:\t  2 kB\n0::${cgroup}\n`;

  it('is the largest of those in the same cgroup, not PID 1 and not our own', () => {
    const text = [
      one('cat', 40, 90_000, '/ours'),
      one('sh', 1, 800, '/ours'),
      one('python3', 7, 50_000, '/ours'),
      // With a shared process namespace.
      one('side-car', 9, 70_000, '/theirs'),
      one('cat', 40, 90_000, '/ours'),
    ].join('');
    expect(largestProcess(text)).toEqual({
      rssBytes: 50_000 * 1024,
      vmsBytes: 150_000 * 1024,
      sharedBytes: 12 * 1024,
      source: 'exec: /proc/7/status (python3)',
      processes: 2,
    });
  });

  it.each([
    ['2', 'anon 900\nfile 400\nshmem 300\ninactive_file 20\nactive_file 80\n'],
    // The group itself has nothing where its processes are in a group below it.
    ['1', 'cache 5\nrss 0\nactive_file 0\ntotal_cache 400\ntotal_rss 900\ntotal_active_file 80\n'],
  ])('is told from files and shared memory by the cgroup, version %s', (_, stat) => {
    expect(kernelIn(`Name:\tcat\nPid:\t40\n0::/ours\n${stat}`, 3)).toEqual({
      anonBytes: 900,
      fileBytes: 80,
      processes: 3,
      source: 'exec: memory.stat',
    });
    expect(kernelIn('Name:\tcat\n', 3)).toBeUndefined();
  });

  it('is not made up from what says nothing', () => {
    expect(largestProcess('')).toBeUndefined();
    expect(largestProcess(one('cat', 40, 900, '/ours'))).toBeUndefined();
  });

  it('has connections by the port of the other end, those made to it left out', () => {
    const header =
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode';
    const line = (own: string, other: string, state: string): string =>
      `   0: 0100007F:${own} 0200007F:${other} ${state} 00000000:00000000 00:00000000 00000000     0        0 1 1`;
    const text = [
      header,
      line('1F90', '0000', '0A'),
      line('1F90', 'C001', '01'),
      line('C010', '18EB', '01'),
      line('C011', '18EB', '01'),
      line('C012', '6989', '01'),
      line('C013', '6989', '06'),
    ].join('\n');
    expect(socketsIn(text)).toEqual({ '6379': 2, '27017': 1 });
  });
});

describe('the log', () => {
  it('keeps lines about memory, without secrets', () => {
    const lines = memoryLines('started\nout of memory, password=hunter2\ncache is full\n');
    expect(lines).toEqual(['out of memory, password=[redacted]', 'cache is full']);
  });

  it('keeps a place for the life that was killed', () => {
    const time = (i: number): string => `2026-03-01T03:00:${String(i).padStart(2, '0')}Z`;
    const last = Array.from({ length: 30 }, (_, i) => withPod(`${time(i)} cache`, 'old'));
    const present = Array.from({ length: 60 }, (_, i) => withPod(`${time(i)} memory`, 'new'));
    const log = oneLog(last, present);
    expect(log).toHaveLength(40);
    expect(log.filter((line) => line.includes('old: cache'))).toHaveLength(15);
    expect(log.at(-1)).toBe(`${time(59)} new: memory`);
    expect(oneLog([], [])).toEqual([]);
  });
});
