import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineUrl, image, needsEngine, TestContainers } from '../../support/containers.js';
import {
  Agent,
  changesOf,
  claimed,
  ended,
  targetNamed,
  targetOf,
  told,
  withTargets,
} from '../../support/faults.js';
import { RealNight } from '../../support/real-night.js';

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `an app whose own endpoints misbehave (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    const targets: object[] = [];

    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'endpoints');
      night = await RealNight.open();
      night.configure(withTargets());
      await night.startWorker();
    });
    afterAll(async () => {
      await night?.close();
      await containers?.removeAll();
    });

    async function begin(fault: string) {
      const agent = await Agent.leaking(containers, {
        env: {
          AGENT_CACHE_FILL_BYTES: '1048576',
          AGENT_FAULT_CLEAR_CACHE: fault,
          AGENT_FAULT_GC: fault,
          AGENT_FAULT_DRAIN: fault,
        },
      });
      targets.push(targetOf(agent, { remedies: ['caches', 'gc', 'drain'] }));
      night.configure(withTargets(...targets));
      return { agent, handle: await night.incident(targetNamed(agent.name)) };
    }

    const faults = [
      { fault: '500', what: 'answer 500', cleared: 0 },
      { fault: 'hang', what: 'never answer', cleared: 0 },
      { fault: 'nonsense', what: 'answer 200 with nonsense', cleared: 0 },
      { fault: 'redirect', what: 'redirect', cleared: 0 },
      { fault: 'lost:1', what: 'do it and lose the first answer', cleared: 1 },
      { fault: '500:1', what: 'answer 500 once', cleared: 1 },
    ];
    it.concurrent.each(faults)(
      'that $what: the ladder goes on to one restart, and nothing is cleared twice',
      async ({ fault, cleared }) => {
        const { agent, handle } = await begin(fault);
        const { outcome, report } = await ended(handle, 200);
        const story = told(report);
        expect(outcome, story).toBe('recovered');
        expect(await agent.container.restarts(), story).toBe(1);
        expect(claimed(report), story).toHaveLength(1);
        const byKey = await agent.effects('cache-cleared');
        expect(Object.keys(byKey), story).toHaveLength(cleared);
        for (const [key, times] of Object.entries(byKey)) expect(times, `${key}: ${story}`).toBe(1);
        expect(await agent.effects('redirect-followed')).toEqual({});
        const tried = changesOf(report).find(({ change }) => change.kind === 'cache.clear');
        expect(tried, story).toBeDefined();
        // What did not happen is not told as done; of nonsense it is said that nothing is known.
        if (cleared === 0 && fault !== 'nonsense') expect(tried?.state, story).not.toBe('applied');
        if (fault === 'nonsense') expect(tried?.effect?.note, story).toMatch(/not JSON.*unknown/);
      },
      240_000,
    );
  },
);
