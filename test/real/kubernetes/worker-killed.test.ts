import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Change } from '../../../model/change.js';
import { markdown } from '../../../model/report/markdown.js';
import type { EndingResult, IncidentResult } from '../../../workflows/contract.js';
import type { HoldAt } from '../../support/api-proxy.js';
import { type Bruno, deployBruno, provoke, untilFull } from '../../support/bruno-night.js';
import { hasCluster, needsCluster, TestNamespace } from '../../support/cluster.js';
import { killWhileHeld } from '../../support/kill-while-held.js';
import { deployMortals, type Mortal, mortals, sessionsMortal } from './killed-kit.js';
import { KilledNight } from './killed-night.js';

const places: readonly HoldAt[] = ['before', 'after'];
/** So many that the script runs several times: it is held in the middle. */
const sessionCount = 1_000;
const dayMs = 86_400_000;

/** Whole incidents. What fills the pods is told by counting connections, so no history is needed. */
const env = { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' };
const wholes = [
  { what: 'restarts', replicas: 1, request: 'PATCH /apis/apps/v1', effect: 'patch deployments' },
  { what: 'evicts', replicas: 2, request: 'POST /api/v1', effect: 'create pods/eviction' },
] as const;

/** How it went with one change whose worker died. */
interface Ended {
  readonly result: EndingResult;
  readonly effects: readonly string[];
  /** What the late request was answered. */
  readonly late: number;
}

interface Round {
  readonly changes: ReadonlyMap<string, Ended>;
  readonly sessions: { readonly result: EndingResult; readonly late: string; readonly change: Change };
  readonly incidents: ReadonlyMap<string, { readonly handle: WorkflowHandle; readonly late: number }>;
}

/**
 * Every kind of change is carried out by a worker that is a process of its own, on a real Temporal server. It dies
 * while all their requests are on their way, and in a second round while all their answers are. What it had sent
 * arrives when the next worker is through with everything.
 */
describe.skipIf(!hasCluster && !process.env.CI)(
  `a worker that is killed with every kind of change on its way (${needsCluster})`,
  () => {
    let ns: TestNamespace;
    let night: KilledNight;
    const brunos = new Map<string, Bruno>();
    const brunoOf = (what: string, at: HoldAt): Bruno => brunos.get(`${what}-${at}`) as Bruno;

    beforeAll(async () => {
      ns = await TestNamespace.open('killed');
      const deployed = wholes.flatMap(({ what, replicas }) =>
        places.map(async (at) => {
          const bruno = await deployBruno(`killed-${what}-${at}`, { env, replicas });
          brunos.set(`${what}-${at}`, bruno);
          await provoke(bruno, { kind: 'connections', speed: 120, size: 660 });
        }),
      );
      await Promise.all([deployMortals(ns), ...deployed]);
      night = await KilledNight.open(ns, [...brunos.values()]);
      await Promise.all([...brunos.values()].map((bruno) => untilFull(bruno)));
    }, 300_000);

    afterAll(async () => {
      await night?.close();
      for (const { namespace } of brunos.values()) await namespace.close();
      await ns?.close();
    });

    const effectsOf = (of: string): readonly string[] =>
      ns.audit
        .effects(ns.name)
        .filter(({ name }) => name === of || name.startsWith(`${of}-`))
        .map(({ verb, resource }) => `${verb} ${resource}`);

    async function fillSessions(): Promise<void> {
      const { redis } = night;
      await redis.flushAll();
      const keys = Array.from({ length: sessionCount }, (_, n) => `session:${n}`);
      await Promise.all(keys.map((key) => redis.set(key, 'x'.repeat(100), { EX: dayMs / 1000 })));
      await redis.configResetStat();
    }

    async function run(at: HoldAt): Promise<Round> {
      const number = places.indexOf(at) + 1;
      await fillSessions();
      const all: readonly Mortal[] = [...mortals, sessionsMortal];
      for (const { what } of wholes) brunoOf(what, at).namespace.audit.mark();
      const incidents = await Promise.all(wholes.map(({ what }) => night.asked(brunoOf(what, at))));
      const changes = await Promise.all(all.map((mortal) => night.planned(mortal, number)));
      ns.audit.mark();
      const held = mortals.map(({ what, request }) => ({ what, ...night.proxy.hold(request as RegExp, at) }));
      const heldWhole = wholes.map(({ what, request }) => {
        const line = `^${request}/namespaces/${brunoOf(what, at).namespace.name}/.*fieldManager=nightshift`;
        return { what, ...night.proxy.hold(new RegExp(line), at) };
      });
      // The script shortens a hundred keys at a time; it is held at the third.
      const heldScript = { what: sessionsMortal.what, ...night.redisWay.hold('EVALSHA', at, 2) };
      const [endings] = await Promise.all([
        Promise.all(all.map((mortal, n) => night.carriedOut(mortal, changes[n] as Change))),
        ...incidents.map(({ approve }) => approve()),
      ]);
      await killWhileHeld(night.night, [...held, ...heldWhole, heldScript]);
      const results = (await Promise.all(endings.map((handle) => handle.result()))) as EndingResult[];
      const late = await Promise.all([...held, ...heldWhole].map(({ release }) => release()));
      const ended = mortals.map(({ what, name }, n): [string, Ended] => [
        what,
        { result: results[n] as EndingResult, effects: effectsOf(name), late: late[n] as number },
      ]);
      const whole = wholes.map(({ what }, n): [string, { handle: WorkflowHandle; late: number }] => [
        what,
        {
          handle: (incidents[n] as { handle: WorkflowHandle }).handle,
          late: late[mortals.length + n] as number,
        },
      ]);
      return {
        changes: new Map(ended),
        sessions: {
          result: results.at(-1) as EndingResult,
          late: await heldScript.release(),
          change: changes.at(-1) as Change,
        },
        incidents: new Map(whole),
      };
    }

    const rounds = new Map<HoldAt, Promise<Round>>();
    /** The rounds come one after the other, each once, whatever asks for it first. */
    function round(at: HoldAt): Promise<Round> {
      const known = rounds.get(at);
      if (known) return known;
      const begun = Promise.allSettled(rounds.values()).then(() => run(at));
      rounds.set(at, begun);
      return begun;
    }

    describe.each(places)('held %s it has reached the API server', (at) => {
      it.each(mortals.map((one) => [one.what, one] as const))(
        '%s: one effect',
        async (what, { effects, tooLate }) => {
          const { result, effects: found, late } = (await round(at)).changes.get(what) as Ended;
          expect(result, night.story()).toMatchObject({ end: 'takenBack' });
          expect(found, result.note).toEqual(effects);
          if (at === 'before') expect(tooLate).toContain(late);
          else expect(late).toBeLessThan(300);
        },
      );

      it('pod.gc and pod.clearCache: the app has done each once', async () => {
        await round(at);
        const [pod] = await ns.pods('Deployment', 'called');
        const path = `/api/v1/namespaces/${ns.name}/pods/${pod?.metadata?.name}/log`;
        const lines = (await ns.cluster.text(path, ns)).split('\n');
        const times = (effect: string): number => lines.filter((line) => line.includes(effect)).length;
        const roundsSoFar = places.indexOf(at) + 1;
        expect([times('garbage collected'), times('cache cleared')]).toEqual([roundsSoFar, roundsSoFar]);
      });

      it('sessions.shortenTtl: each session once, and what it had is kept of every one', async () => {
        const { result, late, change } = (await round(at)).sessions;
        expect(result, night.story()).toMatchObject({ end: 'takenBack' });
        expect(result.note).toMatch(`${sessionCount} of ${sessionCount} sessions`);
        const { redis } = night;
        // Redis's own count of what was done to it, by both workers and the late script.
        const calls = /cmdstat_pexpireat:calls=(\d+)/.exec(await redis.info('commandstats'))?.[1];
        expect(Number(calls)).toBe(sessionCount);
        // Done, unknown, full: the script that came too late found nothing to do, the other had done a hundred.
        expect(late).toMatch(at === 'before' ? /^\*3\r\n:0\r\n:0\r\n/ : /^\*3\r\n:100\r\n:0\r\n/);
        const kept = await redis.hGetAll(`nightshift:ttl:${change.id}`);
        expect(Object.keys(kept)).toHaveLength(sessionCount);
        for (const text of Object.values(kept))
          expect(Math.abs(Number(text.split(' ')[0]) - Date.now() - dayMs)).toBeLessThan(dayMs / 100);
        const lives = await Promise.all(Object.keys(kept).map((key) => redis.pTTL(key)));
        expect(Math.max(...lives)).toBeLessThanOrEqual(900_000);
        expect(Math.min(...lives)).toBeGreaterThan(0);
      });

      it.each(wholes)('a whole incident that $what recovers, by one effect', async ({ what, effect }) => {
        const { handle, late } = (await round(at)).incidents.get(what) as {
          handle: WorkflowHandle;
          late: number;
        };
        const { outcome, report } = (await handle.result()) as IncidentResult;
        expect(outcome, markdown(report)).toBe('recovered');
        const { audit, name } = brunoOf(what, at).namespace;
        const found = audit.effects(name).map(({ verb, resource }) => `${verb} ${resource}`);
        expect(found, markdown(report)).toEqual([effect]);
        if (at === 'before') expect([404, 409]).toContain(late);
        else expect(late).toBeLessThan(300);
      });
    });
  },
);
