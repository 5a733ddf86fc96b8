import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DockerLook } from '../../../model/container.js';
import type { Sample } from '../../../model/evidence.js';
import type { Recommendation } from '../../../model/runbook.js';
import { diagnose } from '../../../workflows/runbooks/mem-001/diagnosis.js';
import { mem001 } from '../../../workflows/runbooks/mem-001/index.js';
import { rulesFile } from '../../../workflows/runbooks/mem-001/prevention/monitoring.js';
import {
  atSecond,
  container,
  containerLook,
  GiB,
  host,
  hostLook,
  kill,
  MiB,
  process,
  rising,
  samplesOf,
} from './looks.js';

const recommend = (
  first: DockerLook,
  samples: readonly Sample[] = [],
  latest = first,
): readonly Recommendation[] =>
  mem001.recommend({
    first,
    latest,
    samples,
    diagnosis: diagnose(latest, samples),
    applied: ['restart-container'],
  });
const one = (title: RegExp, ...given: Parameters<typeof recommend>): Recommendation => {
  const all = recommend(...given);
  const found = all.find((each) => title.test(each.title));
  if (found === undefined) throw new Error(`not among: ${all.map((each) => each.title).join(' | ')}`);
  return found;
};
const none = (title: RegExp, ...given: Parameters<typeof recommend>): void => {
  expect(recommend(...given).filter((each) => title.test(each.title))).toEqual([]);
};

const high = { workingSetBytes: 210 * MiB };
const flat = samplesOf(Array.from({ length: 10 }, () => 210 * MiB));
const recovered = containerLook({
  container: { workingSetBytes: 60 * MiB, startedAt: 'anew' },
  look: { at: atSecond(300) },
});
const leaking = samplesOf(rising(150 * MiB, 5 * MiB, 18));
const quietAfter: readonly Sample[] = Array.from({ length: 10 }, (_, i) => ({
  at: atSecond(60 + i * 10),
  used: 60 * MiB,
  limit: 256 * MiB,
  startedAt: 'anew',
}));
const limits = (text: string | undefined) => parse(text ?? '').services.agent;

describe('the compose patch of the report', () => {
  it('has a limit of which the observed peak is 70 %, a reservation of what it usually uses, and no swap', () => {
    const { snippet, why } = one(
      /Raise the memory limit of agent from 256 MiB to 300 MiB/,
      containerLook({ container: high }),
      [...flat, ...quietAfter],
      recovered,
    );
    expect(limits(snippet?.text)).toEqual({
      deploy: { resources: { limits: { memory: '300M' }, reservations: { memory: '60M' } } },
      memswap_limit: '300M',
    });
    expect(why).toContain('70 %');
  });
  it('counts a peak that ended in an OOM kill for at least 1.25 of the limit', () => {
    const first = containerLook({ container: high, details: { oomKills: [kill()] } });
    expect(limits(one(/Raise/, first, flat).snippet?.text).memswap_limit).toBe(
      `${Math.ceil((256 * 1.25) / 0.7)}M`,
    );
  });
  it('never raises the limit while a leak leads, though the latest look is a recovered one', () => {
    const first = containerLook({ container: { workingSetBytes: 235 * MiB } });
    const given = [first, [...leaking, ...quietAfter], recovered] as const;
    const patch = one(/Keep the limit of agent at 256 MiB/, ...given);
    expect(patch.why).toMatch(/leak leads/);
    expect(limits(patch.snippet?.text).memswap_limit).toBe('256M');
    none(/Raise/, ...given);
  });
  it('recommends a smaller limit where it is far too large', () => {
    const first = containerLook({ container: { workingSetBytes: 70 * MiB, limitBytes: 1 * GiB } });
    expect(one(/Set the memory limit of agent down from 1 GiB to 100 MiB/, first).why).toContain('70 MiB');
  });
  it('gives a container without a limit one, and a leaking one no figure', () => {
    const first = containerLook({ container: { ...high, limitBytes: undefined } });
    expect(limits(one(/Give agent a memory limit: 300 MiB/, first, flat).snippet?.text).memswap_limit).toBe(
      '300M',
    );
    const leak = containerLook({ container: { workingSetBytes: 7 * GiB, limitBytes: undefined } });
    const growing = samplesOf(rising(6 * GiB, 50 * MiB, 18), {}, 5, 8 * GiB);
    expect(one(/Give agent a memory limit$/, leak, growing).snippet).toBeUndefined();
  });
  it('names the compose service, and the container that was chosen on a host', () => {
    const fat = container('shop-fat-1', {
      workingSetBytes: 2 * GiB,
      limitBytes: undefined,
      composeService: 'fat',
    });
    const look = hostLook([fat], host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.4 * GiB }));
    expect(Object.keys(parse(one(/Give shop-fat-1/, look).snippet?.text ?? '').services)).toEqual(['fat']);
  });
});

describe('a heap flag', () => {
  it('that does not fit the limit is told', () => {
    const first = containerLook({ container: { ...high, heapFlags: ['-Xmx400m'] } });
    expect(one(/Set the heap of agent to at most 225 MiB/, first, flat).why).toContain('-Xmx400m');
    none(/heap of/, containerLook({ container: { ...high, heapFlags: ['-Xmx200m'] } }), flat);
  });
});

describe('the restart policy', () => {
  it('is recommended where it is missing, with the command', () => {
    const first = containerLook({ container: { ...high, restartPolicy: '' } });
    expect(one(/start agent again/, first).snippet?.text).toBe(
      'docker update --restart=unless-stopped agent',
    );
    none(/start agent again/, containerLook({ container: high }));
    none(
      /start agent again/,
      containerLook({ container: { ...high, restartPolicy: 'no', autoRemove: true } }),
    );
  });
});

describe("MEM-001's MEMORY_CONFIG", () => {
  const first = (app: Record<string, number>) => containerLook({ container: high, details: { app } });
  it('is compared with the figures of the app: 1000 items, 100 MB', () => {
    const { why } = one(
      /Bound the cache at 1000 items and 100 MiB/,
      first({ agent_cache_items: 1001, agent_cache_bytes: 101 * MiB, agent_cache_max_items: 5000 }),
    );
    expect(why).toMatch(/It held 1001 items.*101 MiB.*its own bound is 5000 items/);
    none(
      /Bound the cache/,
      first({ agent_cache_items: 1000, agent_cache_bytes: 100 * MiB, agent_cache_max_items: 1000 }),
    );
  });
  it('and a collection every 60 s', () => {
    const at = Date.parse(atSecond(0)) / 1000;
    expect(one(/garbage every 60 s/, first({ agent_gc_monitoring_enabled: 0 })).why).toMatch(
      /^Its regular collection is off/,
    );
    expect(one(/garbage every 60 s/, first({ agent_gc_interval_seconds: 300 })).why).toMatch(
      /every 300 s only/,
    );
    expect(one(/garbage every 60 s/, first({ agent_gc_last_run_timestamp_seconds: at - 500 })).why).toMatch(
      /500 s ago/,
    );
    none(
      /garbage/,
      first({
        agent_gc_monitoring_enabled: 1,
        agent_gc_interval_seconds: 60,
        agent_gc_last_run_timestamp_seconds: at - 100,
      }),
    );
  });
  it('asks for the figures where the app has none', () => {
    expect(one(/Have the app tell/, containerLook({ container: high })).snippet?.text).toContain(
      'agent_cache_items',
    );
  });
});

describe('a leak', () => {
  it('leaves the developers its evidence', () => {
    const first = containerLook({
      container: { workingSetBytes: 235 * MiB },
      details: {
        processes: [process({ rssBytes: 230 * MiB })],
        logLines: ['memory usage 40 %', 'MemoryError'],
        app: { nodejs_heap_size_used_bytes: 200 * MiB },
      },
    });
    const { why, snippet } = one(/developers/, first, [...leaking, ...quietAfter], recovered);
    expect(why).toMatch(/grew by 1 MiB\/s/);
    expect(why).toMatch(/heap in use: 200 MiB.*node \(4711\) with 230 MiB.*log: MemoryError/);
    expect(why).not.toContain('memory usage 40 %');
    expect(snippet?.text).toContain('docker logs');
    none(/developers/, containerLook({ container: high }), flat);
  });
});

describe('the diagnosis that is reported', () => {
  it('is the one from when it was worst, not the one from the beginning', () => {
    const first = containerLook({ container: { workingSetBytes: 206 * MiB } });
    const later: readonly Sample[] = rising(206 * MiB, 4 * MiB, 10).map((used, i) => ({
      at: atSecond(i * 5),
      used,
      limit: 256 * MiB,
    }));
    expect(one(/developers/, first, [...later, ...quietAfter], recovered).why).toMatch(/grew by 819 KiB\/s/);
  });
});

describe('a host', () => {
  const swapping = host({
    memTotalBytes: 4 * GiB,
    memAvailableBytes: 0.3 * GiB,
    swapTotalBytes: GiB,
    swapUsedBytes: 0.5 * GiB,
    swapInPerSecond: 4000,
    swapOutPerSecond: 1,
  });
  it('that swaps is told how not to', () => {
    expect(one(/out of swap/, hostLook([container()], swapping)).why).toContain('512 MiB of 1 GiB');
  });
  it('has its containers without a limit listed', () => {
    const look = hostLook([container('free', { limitBytes: undefined }), container('bound')], swapping);
    expect(one(/Give every container a memory limit: 1 have none/, look).why).toContain('free (128 MiB)');
  });
  it('with memory in no process is told where to look', () => {
    const tmpfs = {
      containers: 0,
      processes: 0,
      tmpfs: 3 * GiB,
      slab: 0,
      hugePages: 0,
      kernel: 0,
      unexplained: 0,
    };
    const look = hostLook(
      [],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB, reconciled: tmpfs }),
    );
    expect(one(/without a process/, look).why).toContain('tmpfs 3 GiB');
  });
});

describe('the shipped alert rules', () => {
  it('are named where they are, and the page of the runbook lists each of their alerts', () => {
    expect(existsSync(rulesFile)).toBe(true);
    const rules = readFileSync(rulesFile, 'utf8');
    const alerts = [...rules.matchAll(/- alert: (\w+)/g)].map(([, name]) => name).sort();
    expect([...mem001.page.alerts].sort()).toEqual(alerts);
    expect(one(/Prometheus/, containerLook()).snippet?.text).toContain(rulesFile);
  });
});

describe('every recommendation', () => {
  it('is whole, whatever was seen', () => {
    const looks = [
      containerLook({ container: high }),
      containerLook({ look: { measure: undefined } }),
      hostLook([], host()),
    ];
    for (const look of looks)
      for (const each of recommend(look)) {
        expect(`${each.title} ${each.why} ${each.snippet?.text ?? ''}`).not.toMatch(/undefined|NaN|\[object/);
        expect(each.why).toMatch(/[.!)]$/);
      }
  });
});
