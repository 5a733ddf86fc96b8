import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OomKill } from '../../../model/container.js';
import type { PodReading } from '../../../model/kubernetes/details.js';
import { diagnose } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/diagnosis.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { full, grownBruno, tells } from '../../support/grown-bruno.js';
import {
  atSecond,
  fullSettings,
  GiB,
  history,
  type LookParts,
  MiB,
  pod,
  sessionHistory,
  sessions,
  workloadLook,
} from '../../support/workload-looks.js';

const first = (look: ReturnType<typeof grownBruno>, alerts: readonly string[] = []) =>
  diagnose(look, [], alerts).causes[0];
const kill: OomKill = { containerName: 'agent-bruno-a', witnesses: ['lastState OOMKilled'], recent: true };
const killed = (restarts: number, more: Partial<PodReading> = {}): Partial<PodReading> => ({
  restarts,
  lastEnd: { reason: 'OOMKilled', exitCode: 137, at: atSecond(-20) },
  createdAt: atSecond(-600),
  startedAt: atSecond(-15),
  ...more,
});

describe('too many sessions', () => {
  const many = { ...tells, bruno_active_sessions: 4000, bruno_session_bytes: 500 * MiB };

  it('are named where what they hold explains the rise', () => {
    const cause = first(
      grownBruno({
        app: many,
        details: { history: history(300 * MiB, full), sessions: sessions({ keys: 4000, bytes: 500 * MiB }) },
      }),
    );
    expect(cause?.name).toBe(causes.sessions);
    expect(cause?.evidenceFor.join()).toContain(
      'sessions hold 500 MiB of its 900 MiB, and between 200 MiB and 500 MiB of the 600 MiB by which it rose',
    );
  });

  it('are told by Redis alone where the configuration says that they live in the process', () => {
    const look = grownBruno({
      pod: { app: {} },
      app: {},
      details: { history: history(300 * MiB, full), sessions: sessions({ keys: 4000, bytes: 1000 * MiB }) },
    });
    expect(
      first({
        ...look,
        details: { ...look.details, pods: look.details.pods.map((one) => ({ ...one, app: {} })) },
      })?.name,
    ).toBe(causes.sessions);
  });

  it('are only a guess where nobody knows whether the pods hold them', () => {
    const look = workloadLook({
      pod: { workingSetBytes: full, redisConnections: 8 },
      settings: {
        sessions: { url: 'redis://r:6379', match: '*', heldBy: 'unknown', shortenToSeconds: 3600 },
      },
      details: { history: history(300 * MiB, full), sessions: sessions({ keys: 4000, bytes: 1000 * MiB }) },
    });
    expect(first(look)?.name).toBe(causes.unclear);
  });

  it('are told by their history, where memory has followed their number', () => {
    const look = workloadLook({
      pod: { workingSetBytes: full, redisConnections: 8, process: { rssBytes: full, source: 'exec' } },
      settings: {
        sessions: { url: 'redis://r:6379', match: '*', heldBy: 'unknown', shortenToSeconds: 3600 },
      },
      details: {
        history: history(300 * MiB, full),
        sessionHistory: sessionHistory(100, 4000),
        sessions: sessions({ keys: 4000, bytes: 1000 * MiB }),
      },
    });
    const cause = first(look);
    expect(cause?.name).toBe(causes.sessions);
    expect(cause?.evidenceFor.join()).toContain('memory has followed their number (rank correlation 1.00');
  });

  it('are not the cause where there are few, however closely memory follows them', () => {
    const look = grownBruno({
      details: {
        history: history(300 * MiB, full),
        sessionHistory: sessionHistory(5, 40),
        sessions: sessions({ keys: 40, bytes: MiB }),
      },
    });
    expect(first(look)?.name).toBe(causes.leak);
  });
});

describe('pool exhaustion', () => {
  it('is named where the connections of one pod explain the rise', () => {
    const look = grownBruno({ pod: { redisConnections: 2000, mongoConnections: 1500 } });
    const cause = first({ ...look });
    expect(cause?.name).toBe(causes.pools);
    expect(cause?.evidenceFor.join()).toContain('3500 connections of one pod');
  });

  it('is not named for what all clients of Redis together hold', () => {
    const look = grownBruno({
      details: {
        history: history(300 * MiB, full),
        sessions: sessions({ keys: 40, bytes: MiB, connectedClients: 9000 }),
      },
    });
    expect(first(look)?.name).toBe(causes.leak);
  });

  it('is not named where even at 1 MiB each they are a small part', () => {
    const look = grownBruno({ pod: { redisConnections: 110, mongoConnections: 10 } });
    expect(first(look)?.name).toBe(causes.leak);
    const pools = diagnose(look, []).causes.find(({ name }) => name === causes.pools);
    expect(pools?.weight ?? 0).toBeLessThan(0.45);
  });
});

describe('a leak', () => {
  it('is what grows and is explained by nothing that was read', () => {
    const cause = first(grownBruno());
    expect(cause?.name).toBe(causes.leak);
    expect(cause?.evidenceFor.join()).toMatch(/it grew by .* and reaches the limit in/);
    expect(cause?.evidenceFor.join()).toContain('explains only');
  });

  it("can't be told from large contexts where the app withholds its metrics", () => {
    const look = grownBruno();
    const dark = {
      ...look,
      details: { ...look.details, pods: look.details.pods.map((one) => ({ ...one, app: {} })) },
    };
    const [unclear, ...others] = diagnose(dark, []).causes;
    expect(unclear?.name).toBe(causes.unclear);
    expect(others.map(({ name }) => name)).toEqual([causes.leak, causes.contexts]);
    expect(others[0]?.evidenceAgainst.join()).toContain('conversation contexts');
  });

  it('weighs more where the growth began with a release', () => {
    const flatThenUp = (share: number): number => Math.max(0, (share - 0.5) * 2);
    const released = {
      at: atSecond(-(59 - 30) * 15),
      what: 'revision 7: image agent-bruno:1.4 → 1.5',
      kind: 'rollout' as const,
      previous: '6',
      differs: [{ name: 'image', before: 'agent-bruno:1.4', after: 'agent-bruno:1.5' }],
    };
    const up = {
      history: history(300 * MiB, full, 60, flatThenUp),
      sessions: sessions({ keys: 40, bytes: MiB }),
    };
    const without = first(grownBruno({ details: up }));
    const withOne = first(grownBruno({ details: { ...up, lately: [released] } }));
    expect(withOne?.name).toBe(causes.leak);
    expect(withOne?.weight).toBeGreaterThan(without?.weight ?? 1);
    expect(withOne?.evidenceFor.join()).toContain('it began with revision 7');
  });
});

describe('large contexts', () => {
  it('are named where the app says that they hold it', () => {
    const cause = first(
      grownBruno({ app: { ...tells, bruno_context_bytes: 550 * MiB, bruno_context_window_messages: 5000 } }),
    );
    expect(cause?.name).toBe(causes.contexts);
    expect(cause?.evidenceFor.join()).toContain('between 250 MiB and 550 MiB of the 600 MiB');
    expect(cause?.evidenceFor.join()).toContain('5000 messages');
  });
});

describe('a limit that is too small', () => {
  const flat = { history: history(full, full), sessions: sessions({ keys: 40, bytes: MiB }) };

  it('is what is nearly reached and does not grow', () => {
    expect(first(grownBruno({ details: flat }))?.name).toBe(causes.limit);
  });

  it('is told from the last part of the history: the way to the plateau is no growth', () => {
    const plateau = (share: number): number => Math.min(1, share / 0.58);
    expect(
      first(grownBruno({ details: { ...flat, history: history(300 * MiB, full, 60, plateau) } }))?.name,
    ).toBe(causes.limit);
  });

  it('is not named while it grows', () => {
    expect(diagnose(grownBruno(), []).causes.map(({ name }) => name)).not.toContain(causes.limit);
  });

  it('is what kills a pod that can not even start, again and again', () => {
    const look = grownBruno({
      pod: {
        ...killed(4),
        createdAt: atSecond(-95),
        lastEnd: { reason: 'OOMKilled', exitCode: 137, at: atSecond(0) },
      },
      details: { oomKills: [kill] },
    });
    const cause = first(look);
    expect(cause?.name).toBe(causes.limit);
    expect(cause?.evidenceFor.join()).toContain("can't even start under this limit");
  });

  it('is a guess where neither contexts nor the process could be read', () => {
    const look = workloadLook({ pod: { workingSetBytes: full }, details: { history: history(full, full) } });
    expect(first(look)?.name).toBe(causes.unclear);
  });
});

describe('what is no shortage of its own', () => {
  it('is page cache, which the kernel takes back', () => {
    const kernel = { anonBytes: 200 * MiB, fileBytes: 690 * MiB, source: 'memory.stat' };
    const look = grownBruno({ pod: { kernel }, app: { ...tells, process_resident_memory_bytes: 200 * MiB } });
    const cause = first(look);
    expect(cause?.name).toBe(causes.pageCache);
    expect(cause?.evidenceFor.join()).toContain('690 MiB for files, of 900 MiB (memory.stat)');
  });

  it('is a node that is short of memory, kept apart from a limit reached', () => {
    const nodes = [
      { name: 'node-1', allocatableBytes: 16 * GiB, usedBytes: 15.9 * GiB, memoryPressure: true },
    ];
    const diagnosis = diagnose(workloadLook({ details: { nodes } }), []);
    expect(diagnosis.level).toBe('normal');
    expect(diagnosis.causes.map(({ name }) => name)).toEqual([causes.node]);
    const both = diagnose(
      grownBruno({
        details: { nodes, history: history(300 * MiB, full), sessions: sessions({ keys: 40, bytes: MiB }) },
      }),
      [],
    );
    expect(both.causes[0]?.name).toBe(causes.leak);
  });

  it('is a peak of traffic that has passed', () => {
    const peak = (share: number): number => (share < 0.7 ? share : 0.1);
    const look = workloadLook({
      pod: { workingSetBytes: 400 * MiB },
      details: { history: history(300 * MiB, full, 60, peak) },
    });
    expect(diagnose(look, [])).toMatchObject({ level: 'normal', causes: [] });
  });

  it('is honest load, where the app says how much it does', () => {
    const look = grownBruno({ app: { ...tells, bruno_in_flight_requests: 60 } });
    const [top] = diagnose(look, []).causes;
    expect(top?.name).not.toBe(causes.leak);
  });
});

describe('the level', () => {
  const level = (parts: LookParts, alerts: readonly string[] = []) =>
    diagnose(workloadLook(parts), [], alerts);

  it.each([
    [0.5, 'normal'],
    [0.8, 'warning'],
    [0.9, 'critical'],
  ])('at %f of the limit of the worst replica is %s', (share, expected) => {
    expect(level({ pod: { workingSetBytes: share * GiB } }).level).toBe(expected);
  });

  it('is critical where a pod does not run because it was killed for want of memory', () => {
    const waits = pod('agent-bruno-b', { ...killed(3), waiting: 'CrashLoopBackOff', ready: false });
    const { workingSetBytes: _, ...crashing } = waits;
    const diagnosis = level({ others: [crashing], details: { oomKills: [kill] } });
    expect(diagnosis.level).toBe('critical');
    expect(diagnosis.levelWhy).toContain('CrashLoopBackOff');
    expect(diagnosis.levelWhy).toContain('3 times');
  });

  it('is critical between two kills of a crash loop, though the pod looks empty then', () => {
    const diagnosis = level({
      pod: { workingSetBytes: 300 * MiB, ...killed(3) },
      details: { oomKills: [kill] },
    });
    expect(diagnosis.level).toBe('critical');
    expect(diagnosis.causes.length).toBeGreaterThan(0);
  });

  it('is not critical for one kill of a pod that runs again and has room', () => {
    expect(
      level({ pod: { workingSetBytes: 300 * MiB, ...killed(1) }, details: { oomKills: [kill] } }).level,
    ).toBe('normal');
  });

  it('is not that of kills of long ago', () => {
    const old = { reason: 'OOMKilled', exitCode: 137, at: atSecond(-90_000) };
    const look = level({
      pod: { workingSetBytes: 300 * MiB, restarts: 4, lastEnd: old, createdAt: atSecond(-99_000) },
    });
    expect(look.level).toBe('normal');
  });

  it('at warning becomes critical where a related alert says that it is down or killed', () => {
    const at85 = { pod: { workingSetBytes: 0.85 * GiB } };
    expect(level(at85).level).toBe('warning');
    for (const name of ['AgentBrunoAPIDown', 'AgentBrunoPodCrashLooping', 'AgentBrunoOOMKilled'])
      expect(level(at85, [name])).toMatchObject({
        level: 'critical',
        levelWhy: expect.stringContaining(name),
      });
    expect(level(at85, ['AgentBrunoHighCPUUsage']).level).toBe('warning');
  });

  it('stays normal whatever fires where memory is in order: the trouble is another one', () => {
    expect(level({}, ['AgentBrunoAPIDown'])).toMatchObject({
      level: 'normal',
      levelWhy: expect.stringContaining('AgentBrunoAPIDown'),
    });
  });
});

describe('whatever is read', () => {
  it('nothing is diagnosed blind', () => {
    const { workingSetBytes: _, ...unread } = pod();
    const look = workloadLook({ look: { blind: 'the metrics API answered 503' } });
    const { measure: __, ...blind } = { ...look, details: { ...look.details, pods: [unread] } };
    expect(diagnose(blind, [])).toMatchObject({
      level: 'normal',
      causes: [],
      levelWhy: expect.stringContaining('503'),
    });
  });

  it('weights lie between 0 and 1, the first is the likeliest, and every cause says why', () => {
    const bytes = fc.integer({ min: 0, max: 2048 }).map((n) => n * MiB);
    const app = fc.record(
      {
        bruno_context_bytes: bytes,
        bruno_session_bytes: bytes,
        bruno_cache_bytes: bytes,
        process_resident_memory_bytes: bytes,
        bruno_in_flight_requests: fc.nat(100),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        app,
        bytes,
        bytes,
        fc.nat(1000),
        fc.boolean(),
        (figures, low, used, connections, configured) => {
          const look = workloadLook({
            pod: { workingSetBytes: used + 850 * MiB, app: figures, redisConnections: connections },
            settings: configured ? fullSettings : {},
            details: { history: history(low, used + 850 * MiB) },
          });
          const { causes: all } = diagnose(look, []);
          expect(all.length).toBeGreaterThan(0);
          const named = all.filter(({ name }) => name !== causes.unclear);
          expect(named.map(({ weight }) => weight)).toEqual(
            named.map(({ weight }) => weight).toSorted((a, b) => b - a),
          );
          for (const one of named) {
            expect(one.weight).toBeGreaterThan(0);
            expect(one.weight).toBeLessThan(1);
            expect([...one.evidenceFor, ...one.evidenceAgainst].length).toBeGreaterThan(0);
            expect([...one.evidenceFor, ...one.evidenceAgainst].join()).not.toMatch(/undefined|NaN|Infinity/);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it('a source that is withheld never turns an answer into another one, only into "unclear"', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('bruno_context_bytes', 'bruno_session_bytes', 'bruno_cache_bytes'),
        fc.boolean(),
        (holder, withheld) => {
          const look = grownBruno({ app: { ...tells, [holder]: 560 * MiB } });
          const told = first(look)?.name;
          const dark = withheld
            ? {
                ...look,
                details: { ...look.details, pods: look.details.pods.map((one) => ({ ...one, app: {} })) },
              }
            : look;
          expect([told, causes.unclear]).toContain(first(dark)?.name);
        },
      ),
    );
  });
});
