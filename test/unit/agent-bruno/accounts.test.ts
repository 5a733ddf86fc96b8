/** Who is charged with the rise: looks on which an earlier version named the wrong cause. */
import { describe, expect, it } from 'vitest';
import type {
  AppHistory,
  KernelReading,
  WorkloadDetails,
  WorkloadLook,
} from '../../../model/kubernetes/details.js';
import { connectionsOf } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/accounts.js';
import { diagnose } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/diagnosis.js';
import { memoryFollowsSessions } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/following.js';
import { setEnvironment } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/ladder/set-env.js';
import { shortenSessions } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/ladder/shorten-sessions.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { full, grownBruno, tells } from '../../support/grown-bruno.js';
import {
  appHistory,
  atSecond,
  fullSettings,
  GiB,
  history,
  MiB,
  pod,
  sessionHistory,
  sessions,
} from '../../support/workload-looks.js';

const ranked = (look: WorkloadLook): readonly string[] => diagnose(look, []).causes.map(({ name }) => name);
const weightOf = (look: WorkloadLook, name: string): number =>
  diagnose(look, []).causes.find((cause) => cause.name === name)?.weight ?? 0;
const causeOf = (look: WorkloadLook, name: string) =>
  diagnose(look, []).causes.find((cause) => cause.name === name);

describe('connections', () => {
  const partly = (app: Readonly<Record<string, number>>) => {
    const look = grownBruno({ pod: { redisConnections: 8 }, app });
    const pods = look.details.pods.map(({ mongoConnections: _, ...pod }) => pod);
    return { ...look, details: { ...look.details, pods } };
  };

  it('are those of whoever knows of more: a server that does not tell its clients apart hides most', () => {
    const look = partly({ bruno_pool_connections: 3500 });
    expect(ranked(look)[0]).toBe(causes.pools);
    expect(causeOf(look, causes.pools)?.summary).toContain('3500 connections');
  });

  it('are no more than the sockets of the process, where neither a server nor the app tells', () => {
    const { redisConnections: _, mongoConnections: __, ...mute } = pod();
    const withSockets = {
      ...mute,
      process: { source: 'test', rssBytes: full, sockets: { 6379: 5, 27017: 2 } },
    };
    expect(connectionsOf(withSockets, {})).toBe(7);
    expect(connectionsOf({ ...withSockets, redisConnections: 3 }, {})).toBe(3);
    expect(connectionsOf(withSockets, { poolConnections: 4 })).toBe(4);
    expect(connectionsOf(mute, {})).toBeUndefined();
  });

  it('leave a leak a guess where a configured server does not tell them and the app says nothing', () => {
    const look = partly({});
    expect(ranked(look)[0]).toBe(causes.unclear);
    expect(causeOf(look, causes.leak)?.evidenceAgainst.join()).toContain('its connections to MongoDB');
  });

  it('of an unknown cost that may explain it are never a leak', () => {
    const look = grownBruno({
      pod: { redisConnections: 700, mongoConnections: 500 },
      app: { python_gc_objects_uncollectable_total: 5 },
      details: {
        history: history(300 * MiB, full),
        sessions: sessions({ keys: 40, bytes: MiB }),
        logLines: ['WARNING possible memory leak'],
      },
    });
    expect([causes.pools, causes.unclear]).toContain(ranked(look)[0]);
    expect(weightOf(look, causes.leak)).toBeLessThanOrEqual(0.35);
    expect(causeOf(look, causes.leak)?.evidenceAgainst.join()).toContain(
      '1200 connections costs is not known',
    );
  });

  it('are charged with what they were measured to cost', () => {
    // Every fourth quarter of a minute many open at once, and memory jumps with them.
    const jumps = (i: number): number => Math.round(1200 * Math.min(1, (Math.floor(i / 4) * 4 + 4) / 60));
    const points = history(300 * MiB, full)[0]?.points ?? [];
    const look = grownBruno({
      pod: { redisConnections: 700, mongoConnections: 500 },
      details: {
        history: [
          {
            pod: 'agent-bruno-a',
            points: points.map(({ at }, i) => ({ at, bytes: 300 * MiB + jumps(i) * 512 * 1024 })),
          },
        ],
        sessions: sessions({ keys: 40, bytes: MiB }),
        appHistory: appHistory({ bruno_pool_connections: jumps }),
      },
    });
    expect(ranked(look)[0]).toBe(causes.pools);
    expect(causeOf(look, causes.pools)?.evidenceFor.join()).toContain('measured: 512 KiB each');
  });

  it('are not charged with a leak beside them that grows as evenly', () => {
    const look = grownBruno({
      pod: { redisConnections: 100, mongoConnections: 50 },
      details: {
        history: history(300 * MiB, full),
        sessions: sessions({ keys: 40, bytes: MiB }),
        // 4 MiB for each that was opened: no connection costs that.
        appHistory: appHistory({ bruno_pool_connections: (i) => Math.round((150 * i) / 59) }),
      },
    });
    expect(ranked(look)[0]).toBe(causes.leak);
  });

  it('that were there all along do not explain a rise, however many', () => {
    const idle = grownBruno({
      pod: { redisConnections: 100, mongoConnections: 50 },
      app: { bruno_pool_connections: 150 },
    });
    expect(ranked(idle)[0]).toBe(causes.leak);
    const many = grownBruno({
      pod: { redisConnections: 900, mongoConnections: 600 },
      details: {
        history: history(300 * MiB, full),
        sessions: sessions({ keys: 40, bytes: MiB }),
        appHistory: appHistory({ bruno_pool_connections: () => 1500 }),
      },
    });
    expect(ranked(many)[0]).toBe(causes.leak);
  });
});

describe('memory that the process itself does not hold', () => {
  const one = { process_resident_memory_bytes: 220 * MiB };

  it('may be other processes: several workers are no page cache', () => {
    expect(ranked(grownBruno({ app: one }))[0]).toBe(causes.unclear);
    expect(causeOf(grownBruno({ app: one }), causes.leak)?.evidenceAgainst.join()).toContain(
      'other processes',
    );
    const kernel = { anonBytes: 880 * MiB, fileBytes: 10 * MiB, source: 'memory.stat' };
    const counted = grownBruno({ app: one, pod: { kernel } });
    expect([causes.leak, causes.unclear]).toContain(ranked(counted)[0]);
    expect(ranked(counted)).not.toContain(causes.pageCache);
  });

  it('is not called reclaimable where it may be shared memory or tmpfs', () => {
    const kernel: KernelReading = {
      anonBytes: 200 * MiB,
      fileBytes: 690 * MiB,
      withShared: true,
      source: 'Prometheus',
    };
    const look = grownBruno({ app: { ...one, process_resident_memory_bytes: 200 * MiB }, pod: { kernel } });
    expect(ranked(look)[0]).toBe(causes.unclear);
    expect(causeOf(look, causes.pageCache)?.evidenceFor.join()).toContain('tmpfs');
  });

  it('is tmpfs where the kernel says that it is neither of processes nor of files', () => {
    const kernel = { anonBytes: 200 * MiB, fileBytes: 5 * MiB, source: 'memory.stat' };
    expect(ranked(grownBruno({ app: one, pod: { kernel } }))).not.toContain(causes.pageCache);
  });
});

describe('what was held all along', () => {
  const held = { ...tells, bruno_context_bytes: 350 * MiB };
  const growing = { history: history(300 * MiB, full), sessions: sessions({ keys: 40, bytes: MiB }) };

  it('does not explain a rise', () => {
    const steady = grownBruno({
      app: held,
      details: { ...growing, appHistory: appHistory({ bruno_context_bytes: () => 350 * MiB }) },
    });
    expect(ranked(steady)[0]).toBe(causes.leak);
    expect(causeOf(steady, causes.leak)?.evidenceFor.join()).toContain(
      'conversation contexts 0 B (350 MiB of its 350 MiB were there before)',
    );
  });

  it('is not taken for the cause where nobody knows when it came', () => {
    const look = grownBruno({ app: held });
    expect([causes.leak, causes.unclear]).toContain(ranked(look)[0]);
    const proposal = setEnvironment.propose(look, diagnose(look, []));
    expect(proposal).toHaveProperty('skip');
  });

  it('leaves a leak a guess where it may explain the rise', () => {
    const look = grownBruno({ app: { ...tells, bruno_context_bytes: 440 * MiB } });
    expect(ranked(look)[0]).toBe(causes.unclear);
    expect(causeOf(look, causes.leak)?.evidenceAgainst.join()).toContain(
      'conversation contexts between 140 MiB and 440 MiB',
    );
  });

  it('is the cause where it rose with it', () => {
    const look = grownBruno({
      app: { ...tells, bruno_context_bytes: 550 * MiB },
      details: { ...growing, appHistory: appHistory({ bruno_context_bytes: (i) => (550 * MiB * i) / 59 }) },
    });
    expect(ranked(look)[0]).toBe(causes.contexts);
  });
});

describe('the time to the limit', () => {
  it('is that of the last minutes, where memory was flat for hours before', () => {
    const hours = Array.from({ length: 60 }, (_, i) => ({
      at: atSecond(-6 * 3600 + i * 345),
      bytes: 300 * MiB,
    }));
    const minutes = Array.from({ length: 61 }, (_, i) => ({
      at: atSecond(-900 + i * 15),
      bytes: Math.round(300 * MiB + Math.max(0, i * 15 - 300) * 0.68 * MiB),
    }));
    const used = minutes.at(-1)?.bytes ?? 0;
    const look = grownBruno({
      pod: { workingSetBytes: used, startedAt: atSecond(-7 * 3600) },
      details: { history: [{ pod: 'agent-bruno-a', points: [...hours, ...minutes] }] },
      look: { measure: { used, limit: 0.85 * GiB, unit: 'bytes', percent: 82, against: 'its limit' } },
    });
    const left = diagnose(look, []).growth?.secondsToLimit ?? 0;
    const truth = (0.85 * GiB - used) / (0.68 * MiB);
    expect(left).toBeGreaterThan(truth * 0.8);
    expect(left).toBeLessThan(truth * 1.3);
  });

  it('is none for the way up of a sawtooth', () => {
    const points = Array.from({ length: 120 }, (_, i) => ({
      at: atSecond((i - 119) * 120),
      bytes: Math.round((600 + 280 * (((i + 12) % 15) / 15)) * MiB),
    }));
    const look = grownBruno({
      pod: { workingSetBytes: points.at(-1)?.bytes ?? 0, startedAt: atSecond(-5 * 3600) },
      details: { history: [{ pod: 'agent-bruno-a', points }] },
    });
    expect(diagnose(look, []).growth?.secondsToLimit).toBeUndefined();
  });
});

describe('sessions that only grow at the same time', () => {
  const unknown = {
    ...fullSettings,
    sessions: {
      ...fullSettings.sessions,
      url: 'redis://r',
      match: '*',
      heldBy: 'unknown' as const,
      shortenToSeconds: 3600,
    },
  };
  const trend = (counts: WorkloadDetails['sessionHistory'], bytes: number) => {
    const look = grownBruno({
      settings: unknown,
      details: {
        history: history(300 * MiB, full),
        sessionHistory: counts,
        sessions: sessions({ keys: counts.at(-1)?.count ?? 0, bytes }),
      },
    });
    return {
      ...look,
      details: { ...look.details, pods: look.details.pods.map((pod) => ({ ...pod, app: {} })) },
    };
  };

  it('are not followed by memory: a tenth more of them is not 600 MiB', () => {
    const look = trend(sessionHistory(4000, 4400), 700 * MiB);
    expect(ranked(look)[0]).not.toBe(causes.sessions);
    expect(memoryFollowsSessions(look)).toMatchObject({
      follows: false,
      but: expect.stringContaining('so few more sessions'),
    });
    expect(
      shortenSessions.propose(look, {
        ...diagnose(look, []),
        causes: [{ name: causes.sessions, summary: '', weight: 1, evidenceFor: [], evidenceAgainst: [] }],
      }),
    ).toHaveProperty('skip');
  });

  it('are not followed where their number went up and down and memory did not', () => {
    const wavy = sessionHistory(1000, 4400).map(({ at, count }, i) => ({
      at,
      count: Math.round(count + 600 * Math.sin(i / 2)),
    }));
    const look = trend(wavy, 900 * MiB);
    expect(causeOf(look, causes.sessions)?.evidenceAgainst.join() ?? '').toContain(
      'only grew at the same time',
    );
  });
});

describe('a release', () => {
  const release = (second: number) => ({
    at: atSecond(second),
    what: 'revision 7: image agent-bruno:1.4 → 1.5',
    kind: 'rollout' as const,
    previous: '6',
    differs: [{ name: 'image', before: 'agent-bruno:1.4', after: 'agent-bruno:1.5' }],
  });
  const line = (from: number, step: number, points: number) =>
    Array.from({ length: points }, (_, i) => ({
      at: atSecond(from + i * step),
      bytes: Math.round(300 * MiB + (600 * MiB * i) / (points - 1)),
    }));
  const began = (look: WorkloadLook): string => causeOf(look, causes.leak)?.evidenceFor.join() ?? '';

  it('of five hours ago is found for a leak that has grown evenly since', () => {
    const look = grownBruno({
      pod: { startedAt: atSecond(-17_940), createdAt: atSecond(-17_940) },
      details: {
        history: [{ pod: 'agent-bruno-a', points: line(-17_900, 300, 60) }],
        sessions: sessions({ keys: 40, bytes: MiB }),
        lately: [release(-18_000)],
      },
    });
    expect(began(look)).toContain('it began with revision 7');
  });

  it('is not blamed for a leak that the pods before it had, too', () => {
    const details = {
      history: [{ pod: 'agent-bruno-a', points: line(-600, 15, 41) }],
      sessions: sessions({ keys: 40, bytes: MiB }),
      lately: [release(-660)],
    };
    const pod = { startedAt: atSecond(-620), createdAt: atSecond(-630) };
    expect(began(grownBruno({ pod, details }))).toContain('it began with');
    const goneHistory = [{ pod: 'agent-bruno-old', points: line(-1380, 60, 12) }];
    expect(began(grownBruno({ pod, details: { ...details, goneHistory } }))).not.toContain('it began with');
  });
});

describe('load', () => {
  const busy = { ...tells, bruno_in_flight_requests: 60 };
  const growing = { history: history(300 * MiB, full), sessions: sessions({ keys: 40, bytes: MiB }) };
  const inFlight = (of: (i: number) => number): { readonly appHistory: AppHistory } => ({
    appHistory: appHistory({ bruno_in_flight_requests: of }),
  });

  it('is what memory has risen with', () => {
    const look = grownBruno({ app: busy, details: { ...growing, ...inFlight((i) => 1 + i) } });
    expect(ranked(look)[0]).toBe(causes.traffic);
  });

  it('that is usual is none: a leak under it is named', () => {
    const look = grownBruno({ app: busy, details: { ...growing, ...inFlight((i) => 58 + (i % 4)) } });
    expect(ranked(look)[0]).toBe(causes.leak);
    expect(ranked(look)).not.toContain(causes.traffic);
  });

  it('is read by its usual name, too', () => {
    expect(ranked(grownBruno({ app: { http_requests_in_flight: 60 } }))).toContain(causes.traffic);
  });
});

describe('the log', () => {
  it.each(['INFO leak check passed: no leak detected', 'INFO connection pool created (size 10)'])(
    'is no evidence where it says that all is well: %s',
    (line) => {
      const lines = {
        history: history(300 * MiB, full),
        sessions: sessions({ keys: 40, bytes: MiB }),
        logLines: [line],
      };
      const look = grownBruno({ pod: { redisConnections: 400 }, details: lines });
      expect(
        diagnose(look, [])
          .causes.flatMap(({ evidenceFor }) => evidenceFor)
          .join(),
      ).not.toContain(line);
    },
  );
});
