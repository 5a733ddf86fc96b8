import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineUrl, image, needsEngine, TestContainers } from '../../support/containers.js';
import { EngineProxy, type ProxyFault } from '../../support/engine-proxy.js';
import {
  Agent,
  answer,
  claimed,
  ended,
  sleep,
  type TargetOptions,
  targetNamed,
  targetOf,
  told,
  withTargets,
} from '../../support/faults.js';
import { RealNight } from '../../support/real-night.js';

const restart = /^POST \S*\/restart/;

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `an engine that can not be relied on (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    const proxies: Record<string, EngineProxy> = {};
    const targets: object[] = [];
    const names = ['before', 'during', 'after', 'deaf', 'slow'];
    const proxy = (name: string): EngineProxy => proxies[name] as EngineProxy;
    const urls = (): Record<string, string> =>
      Object.fromEntries(names.map((name) => [name, proxy(name).url]));

    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'engine-gone');
      for (const name of names) proxies[name] = await EngineProxy.open(engineUrl as string);
      night = await RealNight.open();
      night.configure(withTargets(), urls());
      await night.startWorker();
    });
    afterAll(async () => {
      await night?.close();
      for (const one of Object.values(proxies)) await one.close();
      await containers?.removeAll();
    });

    async function begin(engine: string, options: TargetOptions = {}) {
      const agent = await Agent.leaking(containers);
      targets.push(targetOf(agent, { ...options, engine }));
      night.configure(withTargets(...targets), urls());
      return { agent, handle: await night.incident(targetNamed(agent.name, engine)) };
    }

    it.concurrent('gone before the restart: what was approved waits for it, and happens once', async () => {
      const { agent, handle } = await begin('before', { autonomy: 'approve' });
      const view = await night.until(handle, ({ openDecision }) => openDecision !== undefined);
      await proxy('before').goAway();
      expect(await answer(handle, view.openDecision?.hash)).toMatchObject({ accepted: true });
      await sleep(6000);
      await proxy('before').comeBack();
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('recovered');
      expect(await agent.container.restarts()).toBe(1);
      expect(claimed(report)).toHaveLength(1);
    });

    const moments: readonly { readonly engine: string; readonly fault: ProxyFault; readonly what: string }[] =
      [
        { engine: 'during', fault: 'dropClient', what: 'its client is cut off in the middle of the restart' },
        { engine: 'after', fault: 'dropAnswer', what: 'its answer to the restart is lost' },
        { engine: 'deaf', fault: 'dropRequest', what: 'the restart never reaches it' },
      ];
    it.concurrent.each(moments)(
      'gone $engine: $what; restarted once, and the incident knows',
      async ({ engine, fault }) => {
        proxy(engine).break(restart, fault);
        const { agent, handle } = await begin(engine);
        const { outcome, report } = await ended(handle);
        expect(outcome, told(report)).toBe('recovered');
        expect(await agent.container.starts()).toBe(2);
        expect(await agent.container.restarts()).toBeLessThanOrEqual(1);
        expect(claimed(report), told(report)).toHaveLength(1);
      },
    );

    it.concurrent('slow: every answer seconds late, and still one restart', async () => {
      const { agent, handle } = await begin('slow', { policy: { soak: { time: '18s', every: '1s' } } });
      proxy('slow').delayMs = 2000;
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('recovered');
      expect(await agent.container.restarts()).toBe(1);
    });
  },
);
