import { describe, expect, it } from 'vitest';
import type { DockerLook } from '../../../model/container.js';
import type { Sample } from '../../../model/evidence.js';
import { diagnose } from '../../../workflows/runbooks/mem-001/diagnosis.js';
import {
  container,
  containerLook,
  emptySettings,
  fullSettings,
  GiB,
  host,
  hostLook,
  kill,
  MiB,
  process,
  processLook,
  rising,
  samplesOf,
} from './looks.js';

interface Case {
  readonly what: string;
  readonly look: DockerLook;
  readonly samples?: readonly Sample[];
  readonly level: 'normal' | 'warning' | 'critical';
  /** The cause that must lead; undefined: none. */
  readonly cause: string | undefined;
  /** Causes that must not lead, however it looks. */
  readonly never?: readonly string[];
}

const at = (used: number, more = {}): { workingSetBytes: number } => ({
  workingSetBytes: used * MiB,
  ...more,
});
const seconds = (n: number) => Date.parse('2026-03-01T03:00:00Z') / 1000 - n;
const leaking = samplesOf(rising(180 * MiB, 5 * MiB, 11));
const flat = samplesOf([233, 234, 233, 234, 233, 234, 233, 234].map((n) => n * MiB));
const sound = {
  agent_cache_bytes: 5 * MiB,
  agent_cache_items: 50,
  agent_gc_last_run_timestamp_seconds: seconds(20),
};

/** The labelled cases: what was built to happen, and what the diagnosis must make of it. Decoys included. */
const cases: readonly Case[] = [
  {
    what: 'a leak beside a small cache',
    look: containerLook({ container: at(235), details: { app: sound } }),
    samples: leaking,
    level: 'critical',
    cause: 'leak',
  },
  {
    what: 'a leak in an app that tells nothing',
    look: containerLook({ container: at(235) }),
    samples: leaking,
    level: 'critical',
    cause: 'leak',
  },
  {
    what: 'a leak seen although a cache was cleared in between',
    look: containerLook({ container: at(235), details: { app: sound } }),
    samples: samplesOf([...rising(200 * MiB, 4 * MiB, 8), ...rising(190 * MiB, 4 * MiB, 11)]),
    level: 'critical',
    cause: 'leak',
  },
  {
    what: 'a cache that holds most of it',
    look: containerLook({
      container: at(215),
      details: {
        app: { agent_cache_bytes: 150 * MiB, agent_cache_items: 2400, agent_cache_max_items: 5000 },
      },
    }),
    samples: leaking,
    level: 'warning',
    cause: 'cache-too-large',
    never: ['limit-too-small'],
  },
  {
    what: 'a cache without a bound',
    look: containerLook({
      container: at(215),
      details: { app: { agent_cache_bytes: 150 * MiB, agent_cache_max_items: 0, agent_cache_max_bytes: 0 } },
    }),
    level: 'warning',
    cause: 'cache-unbounded',
  },
  {
    what: 'garbage that nobody collected',
    look: containerLook({
      container: at(220),
      details: {
        app: {
          nodejs_heap_size_total_bytes: 180 * MiB,
          nodejs_heap_size_used_bytes: 50 * MiB,
          agent_gc_monitoring_enabled: 1,
          agent_gc_interval_seconds: 60,
          agent_gc_last_run_timestamp_seconds: seconds(900),
        },
      },
    }),
    level: 'warning',
    cause: 'garbage-not-collected',
  },
  {
    what: 'a limit too small: it lies flat below it, with room on the host',
    look: containerLook({ container: at(234), details: { app: sound } }),
    samples: flat,
    level: 'critical',
    cause: 'limit-too-small',
    never: ['leak'],
  },
  {
    what: 'a heap that is allowed to fill the whole limit',
    look: containerLook({ container: at(234, { heapFlags: ['-Xmx250m'] }) }),
    samples: flat,
    level: 'critical',
    cause: 'limit-too-small',
  },
  {
    what: 'decoy: a healthy traffic peak, which grows with its requests',
    look: containerLook({ container: at(235), details: { app: { ...sound, agent_in_flight_requests: 60 } } }),
    samples: samplesOf(rising(180 * MiB, 5 * MiB, 11)),
    level: 'critical',
    cause: 'traffic-peak',
  },
  {
    what: 'a leak under load, killed again and again',
    look: containerLook({
      container: at(235),
      details: { app: { ...sound, agent_in_flight_requests: 60 }, oomKills: [kill(), kill()] },
    }),
    samples: leaking,
    level: 'critical',
    cause: 'leak',
  },
  {
    what: 'decoy: a healthy traffic peak, with growth not known yet',
    look: containerLook({ container: at(220), details: { app: { agent_in_flight_requests: 60 } } }),
    level: 'warning',
    cause: 'traffic-peak',
    never: ['leak', 'limit-too-small'],
  },
  {
    what: 'decoy: full of page cache',
    look: containerLook({ container: at(100, { usageBytes: 250 * MiB, cacheBytes: 150 * MiB }) }),
    level: 'normal',
    cause: 'page-cache-only',
  },
  {
    what: 'decoy: a tmpfs in the container, not the process',
    look: containerLook({
      container: at(235, { tmpfsMounts: ['/work'] }),
      details: { processes: [process({ rssBytes: 60 * MiB })] },
    }),
    level: 'critical',
    cause: 'memory-in-no-process',
    never: ['leak', 'limit-too-small'],
  },
  {
    what: 'nothing at all',
    look: containerLook(),
    samples: samplesOf(rising(128 * MiB, 0, 8)),
    level: 'normal',
    cause: undefined,
  },
  {
    what: 'killed, started again by its policy, with room',
    look: containerLook({ container: at(60, { restartCount: 1 }), details: { oomKills: [kill()] } }),
    level: 'normal',
    cause: undefined,
  },
  {
    what: 'killed, and down',
    look: containerLook({
      container: at(0, { status: 'exited', exitCode: 137, oomKilled: true }),
      details: { oomKills: [kill()], processes: [] },
    }),
    level: 'critical',
    cause: 'leak',
  },
  {
    what: "decoy: another container's OOM kill",
    look: containerLook({
      container: at(210),
      details: { oomKills: [kill({ containerId: 'x', containerName: 'x' })] },
    }),
    level: 'warning',
    cause: 'leak',
  },
  {
    what: 'decoy: an OOM kill of last week',
    look: containerLook({ container: at(210), details: { oomKills: [kill({ recent: false })] } }),
    level: 'warning',
    cause: 'leak',
  },
  {
    what: 'a host with one bloated container',
    look: hostLook(
      [container('fat', { workingSetBytes: 2.5 * GiB, limitBytes: undefined }), container('slim')],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB }),
    ),
    level: 'critical',
    cause: 'bloated-container',
  },
  {
    what: 'a host whose only bloated container is protected',
    look: hostLook(
      [container('db', { workingSetBytes: 2.5 * GiB, protected: 'by configuration' }), container('slim')],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB }),
    ),
    level: 'critical',
    cause: 'bloated-protected-container',
    never: ['bloated-container'],
  },
  {
    what: 'a host with a bloated process outside the containers',
    look: hostLook([container('slim')], host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.5 * GiB }), {
      details: {
        processes: [process({ rssBytes: 2.5 * GiB, containerId: undefined, executable: '/usr/bin/indexer' })],
      },
    }),
    level: 'warning',
    cause: 'bloated-host-process',
  },
  {
    what: 'decoy: a host whose tmpfs is full',
    look: hostLook(
      [container('slim')],
      host({
        memTotalBytes: 4 * GiB,
        memAvailableBytes: 0.3 * GiB,
        reconciled: {
          containers: 100 * MiB,
          processes: 300 * MiB,
          tmpfs: 3 * GiB,
          slab: 0,
          hugePages: 0,
          kernel: 0,
          unexplained: 0,
        },
      }),
    ),
    level: 'critical',
    cause: 'memory-in-no-process',
    never: ['bloated-container', 'bloated-host-process'],
  },
  {
    what: 'decoy: a host full of page cache',
    look: hostLook(
      [container('builder', { cacheBytes: 3 * GiB })],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 3 * GiB }),
    ),
    level: 'normal',
    cause: 'page-cache-only',
  },
  {
    what: 'a host that swaps, with nothing large on it',
    look: hostLook(
      [container('slim')],
      host({
        memTotalBytes: 4 * GiB,
        memAvailableBytes: 0.3 * GiB,
        swapTotalBytes: GiB,
        swapUsedBytes: 0.9 * GiB,
        swapInPerSecond: 4000,
        swapOutPerSecond: 5000,
        pressureSomePercent: 40,
      }),
    ),
    level: 'critical',
    cause: 'swapping',
  },
  {
    what: 'a host process that grows',
    look: processLook(),
    samples: samplesOf(rising(6 * GiB, 0.05 * GiB, 20), { startedAt: undefined }, 5, 8 * GiB),
    level: 'warning',
    cause: 'leak',
  },
];

describe('the diagnosis of', () => {
  it.each(cases)('$what', ({ look, samples = [], level, cause, never = [] }) => {
    const diagnosis = diagnose(look, samples);
    expect(diagnosis.level, diagnosis.levelWhy).toBe(level);
    expect(diagnosis.causes[0]?.name).toBe(cause);
    for (const name of never) expect(diagnosis.causes[0]?.name).not.toBe(name);
  });

  it('every case has its evidence in words, is ranked, and is the same each time', () => {
    for (const { look, samples = [] } of cases) {
      const diagnosis = diagnose(look, samples);
      const weights = diagnosis.causes.map(({ weight }) => weight);
      expect(weights).toEqual([...weights].sort((a, b) => b - a));
      for (const { evidenceFor, summary, weight } of diagnosis.causes) {
        expect(evidenceFor.length, summary).toBeGreaterThan(0);
        expect(weight).toBeLessThan(1);
      }
      expect(diagnose(look, samples)).toEqual(diagnosis);
      expect(JSON.stringify(diagnosis)).not.toMatch(/undefined|NaN|Infinity/);
    }
  });
});

describe('the diagnosis', () => {
  it('allows nothing where memory could not be read', () => {
    const blind = containerLook({ look: { measure: undefined, blind: 'the engine did not answer' } });
    expect(diagnose(blind, leaking)).toMatchObject({ level: 'normal', causes: [] });
    expect(diagnose(blind, leaking).levelWhy).toContain('the engine did not answer');
  });
  it('says when the limit will be reached', () => {
    const { growth } = diagnose(containerLook({ container: at(235) }), leaking);
    expect(growth?.bytesPerSecond).toBeCloseTo(MiB, -2);
    expect(growth?.secondsToLimit).toBeCloseTo(21, 0);
  });
  it('does not count the look twice where it is among the samples', () => {
    const look = containerLook({ container: at(235) });
    const again = [...leaking, { at: look.at, used: 235 * MiB, limit: 256 * MiB }];
    expect(diagnose(look, again)).toEqual(diagnose(look, leaking));
  });
  it('tells what speaks against a cause as well', () => {
    const busy = containerLook({
      container: at(235),
      details: { app: { ...sound, agent_in_flight_requests: 60 } },
    });
    const leak = diagnose(busy, leaking).causes.find(({ name }) => name === 'leak');
    expect(leak?.evidenceAgainst).toEqual(['it is answering 60 requests at once']);
  });
  it('names a larger container that it must not choose', () => {
    const look = hostLook(
      [
        container('db', { workingSetBytes: 2 * GiB, limitBytes: undefined }),
        container('fat', { workingSetBytes: 1 * GiB, limitBytes: undefined }),
      ],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB }),
      { settings: { ...emptySettings, dataServices: ['db'] } },
    );
    const [first] = diagnose(look, []).causes;
    expect(first).toMatchObject({ name: 'bloated-container', object: 'docker/local/fat' });
    expect(first?.evidenceAgainst).toEqual(['db uses 2 GiB, and is a data service']);
  });
  it('takes a little memory outside the processes for nothing odd', () => {
    const look = containerLook({
      container: at(240),
      details: { processes: [process({ rssBytes: 190 * MiB })] },
    });
    expect(diagnose(look, leaking).causes.map(({ name }) => name)).not.toContain('memory-in-no-process');
  });
  it('does not add up processes that were cut off', () => {
    const many = Array.from({ length: 30 }, (_, i) => process({ pid: 100 + i, rssBytes: 2 * MiB }));
    const look = containerLook({ container: at(240), details: { processes: many } });
    expect(diagnose(look, leaking).causes.map(({ name }) => name)).not.toContain('memory-in-no-process');
  });
  it('mentions caches whose size the app does not tell', () => {
    const look = containerLook({ container: at(235), settings: fullSettings });
    expect(diagnose(look, []).causes.map(({ name }) => name)).toContain('cache-too-large');
  });
});
