import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { composePatch } from '../../../model/memory/compose-patch.js';
import { memoryLevel } from '../../../model/memory/level.js';
import { dependencyOrder } from '../../../model/memory/order.js';
import { rankContainers, theBloated } from '../../../model/memory/ranking.js';
import { reconciledWords } from '../../../model/memory/reconcile.js';
import { rightSize } from '../../../model/memory/right-size.js';
import { container, GiB, host, hostLook, kill, MiB, policy } from './looks.js';

describe('the level', () => {
  const level = (percent: number, more: Partial<Parameters<typeof memoryLevel>[0]> = {}) =>
    memoryLevel({
      measure: { used: percent, limit: 100, unit: 'bytes', percent, against: 'its own limit' },
      policy,
      kills: [],
      running: true,
      growth: undefined,
      ...more,
    });
  const fast = { bytesPerSecond: 1, overSeconds: 60, samples: 10, secondsToLimit: 120 };

  it.each([
    [79.99, 'normal'],
    [80, 'warning'],
    [89.99, 'warning'],
    [90, 'critical'],
    [100, 'critical'],
  ])('at %d %% is %s', (percent, expected) => {
    expect(level(percent).level).toBe(expected);
  });
  it('follows the thresholds of the policy', () => {
    const strict = { ...policy, thresholds: { warningPercent: 50, criticalPercent: 60 } };
    expect(level(55, { policy: strict }).level).toBe('warning');
    expect(level(60, { policy: strict }).level).toBe('critical');
  });
  it('is critical after an OOM kill where memory is short, or it is down', () => {
    expect(level(82, { kills: [kill()] })).toMatchObject({ level: 'critical' });
    expect(level(0, { kills: [kill()], running: false })).toMatchObject({ level: 'critical' });
  });
  it('is normal after an OOM kill where it runs again with room, and says so', () => {
    expect(level(30, { kills: [kill()] }).level).toBe('normal');
    expect(level(30, { kills: [kill()] }).levelWhy).toMatch(
      /killed node.*kernel log, cgroup counter.*has room again/,
    );
  });
  it('is critical after an OOM kill where the next one is near', () => {
    expect(level(50, { kills: [kill()], growth: fast }).level).toBe('critical');
    expect(level(50, { kills: [kill()], growth: { ...fast, secondsToLimit: 301 } }).level).toBe('normal');
    expect(level(50, { growth: fast }).level).toBe('normal');
  });
});

describe('the ranking of containers on a host', () => {
  const full = host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB });
  const fat = container('fat', { workingSetBytes: 1.5 * GiB, limitBytes: undefined });
  const tight = container('tight', { workingSetBytes: 62 * MiB, limitBytes: 64 * MiB });
  const slim = container('slim', { workingSetBytes: 30 * MiB });

  it('puts what a restart gives back above what is merely near a small limit', () => {
    const names = rankContainers(hostLook([slim, tight, fat], full)).map((one) => one.container.name);
    expect(names).toEqual(['fat', 'tight', 'slim']);
  });
  it('puts the growing one of two equal ones first', () => {
    const twin = container('twin', { workingSetBytes: 1.5 * GiB, limitBytes: undefined });
    const growth = new Map([[twin.key, 1000]]);
    expect(rankContainers(hostLook([fat, twin], full), growth)[0]?.container.name).toBe('twin');
  });
  it.each([
    ['protected by its reading', { protected: 'nightshift itself' }, {}, {}],
    ['protected by the policy', {}, { protected: ['docker/local/f*'] }, {}],
    ['a data service', {}, {}, { dataServices: ['fat'] }],
    ["an orchestrator's", { orchestrator: 'swarm' }, {}, {}],
  ])('never chooses one that is %s, and still shows it', (_what, more, rules, settings) => {
    const spared = { ...fat, ...more };
    const other = container('other', { workingSetBytes: 0.5 * GiB });
    const look = hostLook([spared, other], full, { policy: rules, settings });
    expect(rankContainers(look)[0]).toMatchObject({ container: { name: 'fat' }, spared: expect.any(String) });
    expect(theBloated(look)?.container.name).toBe('other');
  });
  it('chooses nobody where nobody is large enough to matter', () => {
    expect(theBloated(hostLook([slim, tight], full))).toBeUndefined();
  });
  it('chooses a small one where it is half of what is too much', () => {
    const barely = host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.795 * GiB });
    expect(theBloated(hostLook([tight, slim], barely))?.container.name).toBe('tight');
  });
  it('leaves out what was not read', () => {
    expect(
      rankContainers(
        hostLook(
          [
            { ...fat, workingSetBytes: undefined },
            { ...fat, gap: 'x' },
          ],
          full,
        ),
      ),
    ).toEqual([]);
  });
});

describe('reconciled memory in words', () => {
  it('names the parts, the largest first, and leaves out noise', () => {
    const reading = host({
      memTotalBytes: 8 * GiB,
      memAvailableBytes: 4 * GiB,
      reconciled: {
        containers: GiB,
        processes: 0.5 * GiB,
        tmpfs: 2 * GiB,
        slab: 10 * MiB,
        hugePages: 0,
        kernel: 0,
        unexplained: 0.49 * GiB,
      },
    });
    expect(reconciledWords(reading)).toBe(
      'used 4 GiB: tmpfs 2 GiB (50 %), containers 1 GiB (25 %), processes outside containers 512 MiB (13 %), unexplained 502 MiB (12 %)',
    );
  });
});

describe('right-sizing', () => {
  const peak = fc.integer({ min: 1, max: 2 ** 40 });
  it('makes the observed peak 70 % of the limit', () => {
    expect(rightSize({ peakBytes: 70 * MiB, killed: false, leaking: false })).toBe(100 * MiB);
    // 168 / 0.7 is a little over 240 in floating point: that is no reason for another MiB.
    expect(rightSize({ peakBytes: 168 * MiB, killed: false, leaking: false })).toBe(240 * MiB);
    fc.assert(
      fc.property(peak, (peakBytes) => {
        const limit = rightSize({ peakBytes, killed: false, leaking: false }) ?? 0;
        expect(peakBytes / limit).toBeLessThanOrEqual(0.7);
        expect(peakBytes / 0.7).toBeGreaterThan(limit - MiB);
      }),
    );
  });
  it('takes a peak that was killed for at least limit × 1.25', () => {
    const given = { peakBytes: 90 * MiB, limitBytes: 112 * MiB, killed: true, leaking: false };
    expect(rightSize(given)).toBe((112 * 1.25 * MiB) / 0.7);
  });
  it('never raises the limit while a leak leads', () => {
    fc.assert(
      fc.property(peak, peak, fc.boolean(), (peakBytes, limitBytes, killed) => {
        expect(rightSize({ peakBytes, limitBytes, killed, leaking: true })).toBeLessThanOrEqual(limitBytes);
      }),
    );
    expect(rightSize({ peakBytes: GiB, killed: false, leaking: true })).toBeUndefined();
  });
});

describe('the compose patch', () => {
  it('is YAML with limit, reservation and memswap_limit', () => {
    const text = composePatch({ service: 'agent', limitBytes: 2 * GiB, reservationBytes: 512 * MiB });
    expect(parse(text)).toEqual({
      services: {
        agent: {
          deploy: { resources: { limits: { memory: '2048M' }, reservations: { memory: '512M' } } },
          memswap_limit: '2048M',
        },
      },
    });
  });
  it.each(['no', '1', 'a: b', 'web-1.x'])('keeps the service name %s', (service) => {
    expect(
      Object.keys(parse(composePatch({ service, limitBytes: GiB, reservationBytes: MiB })).services),
    ).toEqual([service]);
  });
  it('never reserves more than the limit', () => {
    const text = composePatch({ service: 'a', limitBytes: MiB, reservationBytes: GiB });
    expect(parse(text).services.a.deploy.resources.reservations.memory).toBe('1M');
  });
});

describe('the order of a service', () => {
  const of = (name: string, dependsOn: readonly string[] = []) =>
    container(name, { composeProject: 'shop', composeService: name, dependsOn });
  const names = (list: readonly { name: string }[]) => list.map(({ name }) => name);

  it('puts what others depend on first', () => {
    const all = [of('web', ['api']), of('api', ['db', 'cache']), of('db'), of('cache')];
    expect(names(dependencyOrder(all))).toEqual(['cache', 'db', 'api', 'web']);
  });
  it('lets the configured order win', () => {
    const all = [of('api', ['db']), of('db')];
    expect(names(dependencyOrder(all, ['api', 'db']))).toEqual(['api', 'db']);
  });
  it('survives a circle, and names that are not there', () => {
    const all = [of('a', ['b', 'gone']), of('b', ['a'])];
    expect(names(dependencyOrder(all)).sort()).toEqual(['a', 'b']);
  });
  it('has each container once, whatever depends on whatever', () => {
    const graph = fc.array(fc.array(fc.integer({ min: 0, max: 7 }).map(String)), {
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(graph, (edges) => {
        const all = edges.map((to, i) => of(String(i), to));
        expect(names(dependencyOrder(all)).sort()).toEqual(names(all).sort());
      }),
    );
  });
});
