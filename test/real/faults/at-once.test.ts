import { readFileSync } from 'node:fs';
import { type WorkflowHandle, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { IncidentView } from '../../../model/view.js';
import { engineUrl, image, needsEngine, TestContainers } from '../../support/containers.js';
import {
  Agent,
  answer,
  claimed,
  ended,
  MiB,
  sleep,
  targetNamed,
  targetOf,
  told,
  withTargets,
} from '../../support/faults.js';
import { RealNight } from '../../support/real-night.js';

const scope = 'docker/local';
const person = { by: 'ana', verified: 'token', reason: 'the test is over' };

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `a host alert, a container alert and somebody else's restart at once (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'at-once');
      night = await RealNight.open();
      night.configure(withTargets());
      await night.startWorker();
    });
    afterAll(async () => {
      await night?.close();
      await containers?.removeAll();
    });

    /**
     * An agent whose leak keeps the machine over its threshold, which lies in the middle of what the leak takes: other
     * processes, of tests that have ended too, may take or give back some hundred MiB meanwhile.
     */
    async function machineFull(): Promise<{ agent: Agent; machine: object }> {
      const agent = await Agent.leaking(containers, {
        leakBytes: 1000 * MiB,
        host: { Memory: 1100 * MiB, MemorySwap: 1100 * MiB },
      });
      const { total, used } = await settledMemory();
      const warning = `${(((used - 500 * MiB) / total) * 100).toFixed(2)}%`;
      const policy = { thresholds: { warning, critical: '99%' } };
      return { agent, machine: { engine: 'local', host: true, autonomy: 'approve', policy } };
    }

    it('alerts and a restart by hand within one second: none of ours follows, none of theirs is claimed', async () => {
      const { agent, machine: full } = await machineFull();
      night.configure(withTargets(targetOf(agent, { autonomy: 'approve' }), full));
      const restarted = agent.container.handle.restart({ t: 3 });
      const [container, machine] = await Promise.all([
        night.incident(targetNamed(agent.name)),
        night.incident({ key: scope, kind: 'host', scope }, { name: 'HostMemoryCritical' }),
      ]);
      await restarted;
      const { outcome, report } = await ended(container);
      expect(outcome, told(report)).toBe('self-recovered');
      expect(claimed(report)).toEqual([]);
      await cancel(machine);
      const whole = await ended(machine);
      expect(claimed(whole.report), told(whole.report)).toEqual([]);
      expect(await agent.container.restarts()).toBe(1);
    });

    it('both approve the same restart in the second in which somebody restarts it by hand: at most one is ours', async () => {
      const { agent, machine: full } = await machineFull();
      night.configure(withTargets(targetOf(agent, { autonomy: 'approve' }), full));
      const [container, machine] = await Promise.all([
        night.incident(targetNamed(agent.name)),
        night.incident({ key: scope, kind: 'host', scope }, { name: 'HostMemoryCritical' }),
      ]);
      const asked = ({ openDecision }: IncidentView): boolean => openDecision !== undefined;
      const [ofContainer, ofMachine] = [
        await night.until(container, asked),
        await night.until(machine, asked),
      ];
      // Of other containers on this engine nothing is approved.
      const same = ofMachine.openDecision?.change.object.uid === agent.container.id;
      await Promise.all([
        answer(container, ofContainer.openDecision?.hash),
        same && answer(machine, ofMachine.openDecision?.hash),
        sleep(300).then(() => agent.container.handle.restart({ t: 3 })),
      ]);
      const { outcome, report } = await ended(container);
      expect(outcome, told(report)).toMatch(/recovered$/);
      await sleep(3000);
      await cancel(machine);
      const whole = await ended(machine);
      const ours = [...claimed(report), ...claimed(whole.report)];
      const story = `${told(report)}\n\n${told(whole.report)}`;
      expect(ours.length, story).toBeLessThanOrEqual(1);
      // One by hand, and ours if there was one.
      expect(await agent.container.restarts(), story).toBeLessThanOrEqual(2);
      expect(await agent.container.restarts(), story).toBeGreaterThanOrEqual(1 + ours.length);
      console.log(`the host asked about the same container: ${same}; restarts of ours: ${ours.length}`);
    });

    /** Whatever is left of it; it may have ended by itself. */
    async function cancel(handle: WorkflowHandle): Promise<void> {
      await handle.signal('cancel', person).catch((error: unknown) => {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      });
    }
  },
);

/** Once it has stopped to move: what ended a moment ago is given back bit by bit. */
async function settledMemory(): Promise<ReturnType<typeof memory>> {
  for (let last = memory().used; ; ) {
    await sleep(1000);
    const now = memory();
    if (Math.abs(now.used - last) < 50 * MiB) return now;
    last = now.used;
  }
}

/** Of this machine, in bytes, as MemAvailable has it. */
function memory(): { readonly total: number; readonly used: number } {
  const text = readFileSync('/proc/meminfo', 'utf8');
  const of = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(text)?.[1]) * 1024;
  return { total: of('MemTotal'), used: of('MemTotal') - of('MemAvailable') };
}
