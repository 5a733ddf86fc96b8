import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signalWithStart } from '../../../client/incidents/start.js';
import { type IncidentResult, workflowIds } from '../../../workflows/contract.js';
import { engineUrl, image, needsEngine, TestContainers } from '../../support/containers.js';
import { EngineProxy } from '../../support/engine-proxy.js';
import { Agent, claimed, sleep, targetNamed, targetOf, told, withTargets } from '../../support/faults.js';
import { MortalNight, persistently, randomFrom } from '../../support/faults-processes.js';
import { alertFor } from '../../support/nightshift.js';

const rounds = Number(process.env.NIGHTSHIFT_CHAOS_ROUNDS ?? 3);
const seed = Number(process.env.NIGHTSHIFT_CHAOS_SEED ?? Date.now() % 1_000_000);
/** Moments around the restart: while its request is on its way, in the middle of it, after its answer. */
const worst = [
  { engine: 'early', victim: 'worker', afterMs: 0 },
  { engine: 'middle', victim: 'worker', afterMs: 60 },
  { engine: 'late', victim: 'worker', afterMs: 600 },
  { engine: 'served', victim: 'server', afterMs: 60 },
] as const;
/** So many incidents go through one stretch of deaths at a time. */
const atOnce = 6;

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `worker and Temporal server killed at random moments, seed ${seed} (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: MortalNight;
    const random = randomFrom(seed);
    const targets: object[] = [];
    const proxies = new Map<string, EngineProxy>();

    beforeAll(async () => {
      console.log(`NIGHTSHIFT_CHAOS_SEED=${seed} NIGHTSHIFT_CHAOS_ROUNDS=${rounds}`);
      containers = await TestContainers.open(engineUrl as string, image as string, 'chaos');
      for (const { engine } of worst) proxies.set(engine, await EngineProxy.open(engineUrl as string));
      night = await MortalNight.open();
      configure();
      await night.start();
    });
    afterAll(async () => {
      await night?.close();
      for (const proxy of proxies.values()) await proxy.close();
      await containers?.removeAll();
    });

    function configure(): void {
      const ways = [...proxies].map(([name, { url }]) => [name, url]);
      const engines = { local: engineUrl, ...Object.fromEntries(ways) };
      night.configure(`engines: ${JSON.stringify(engines)}\n${withTargets(...targets)}`);
    }

    /** An alert for a leaking agent, some time from now. */
    async function open(engine = 'local'): Promise<Agent> {
      const agent = await Agent.leaking(containers, { env: { AGENT_CACHE_FILL_BYTES: '1048576' } });
      targets.push(targetOf(agent, { engine, remedies: ['caches', 'gc', 'drain'] }));
      configure();
      return agent;
    }

    async function alert(agent: Agent, afterMs: number, engine = 'local'): Promise<void> {
      await sleep(afterMs);
      await persistently('the alert is taken', () =>
        signalWithStart(night.client, {
          target: targetNamed(agent.name, engine),
          runbook: 'MEM-001',
          alert: alertFor('ContainerMemoryCritical', { runbook: 'MEM-001' }),
          observeOnly: false,
          product: 'test',
        }),
      );
    }

    /** Deaths and returns in random order, of both; at the end both live. */
    async function havoc(): Promise<void> {
      const victims = ['worker', 'server', 'worker', 'server', 'worker'] as const;
      const order = victims.map((of) => ({ of, at: random() })).sort((a, b) => a.at - b.at);
      for (const { of } of order) {
        await sleep(1000 + random() * 5000);
        console.log(`${new Date().toISOString()} killed: the ${of}`);
        await night[of].kill();
        await sleep(random() * 2500);
        night[of].start();
      }
    }

    async function resultOf(agent: Agent, engine: string): Promise<IncidentResult> {
      const handle = night.client.workflow.getHandle(
        workflowIds.incident(targetNamed(agent.name, engine).key),
      );
      return persistently('the incident ends', () => handle.result() as Promise<IncidentResult>, 200);
    }

    async function check(agent: Agent, engine = 'local'): Promise<void> {
      const { outcome, report } = await resultOf(agent, engine);
      const story = `seed ${seed}\n${told(report)}\n${readFileSync(night.log('worker'), 'utf8').slice(-2000)}`;
      expect(outcome, story).toBe('recovered');
      expect(await agent.container.restarts(), story).toBe(1);
      expect(await agent.container.starts(), story).toBe(2);
      expect(claimed(report), story).toHaveLength(1);
      for (const event of ['cache-cleared', 'drained'])
        for (const [key, times] of Object.entries(await agent.effects(event)))
          expect(times, `${event} by ${key}: ${story}`).toBe(1);
    }

    const waves = Array.from({ length: Math.ceil(rounds / atOnce) }, (_, n) =>
      Math.min(atOnce, rounds - n * atOnce),
    );
    it.each(waves.map((count, n) => ({ count, n: n + 1 })))(
      'wave $n: $count incidents end recovered, each after one restart and each cache cleared once',
      async ({ count }) => {
        const agents: Agent[] = [];
        for (let n = 0; n < count; n += 1) agents.push(await open());
        const starts = agents.map(() => random() * 8000);
        await Promise.all([havoc(), ...agents.map((agent, n) => alert(agent, starts[n] as number))]);
        for (const agent of agents) await check(agent);
      },
      280_000,
    );

    // Together, so that each also meets the deaths of the others.
    it.concurrent.each(worst)(
      'the $victim killed $afterMs ms after the restart was sent: it happened once, and the incident knows',
      async ({ engine, victim, afterMs }) => {
        const agent = await open(engine);
        const dead = new Promise<void>((resolve, reject) => {
          // Not waited for: the restart goes its way meanwhile.
          proxies.get(engine)?.before(/^POST \S*\/restart/, async () => {
            const die = sleep(afterMs).then(() => night[victim].kill());
            die.then(() => night[victim].start()).then(resolve, reject);
          });
        });
        await alert(agent, 0, engine);
        await dead;
        await check(agent, engine);
      },
      200_000,
    );
  },
);
