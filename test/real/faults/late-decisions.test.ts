import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionReply } from '../../../model/decision.js';
import { engineUrl, image, needsEngine, TestContainers } from '../../support/containers.js';
import {
  Agent,
  answer,
  changesOf,
  claimed,
  ended,
  sleep,
  targetNamed,
  targetOf,
  told,
  withTargets,
} from '../../support/faults.js';
import { alertFor } from '../../support/nightshift.js';
import { RealNight } from '../../support/real-night.js';

/**
 * Where the end came before every approval, the container stays as full as it was: it is watched until the deadline,
 * and only then is the incident over.
 */
const policy = { soak: { time: '4s', every: '1s' }, deadlines: { warning: '30s', critical: '30s' } };
const person = { by: 'ana', verified: 'token', reason: 'enough' };

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `decisions that race the end of an incident (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    const targets: object[] = [];
    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'late-decisions');
      night = await RealNight.open();
      night.configure(withTargets());
      await night.startWorker();
    });
    afterAll(async () => {
      await night?.close();
      await containers?.removeAll();
    });

    async function asked() {
      const agent = await Agent.leaking(containers);
      targets.push(targetOf(agent, { autonomy: 'approve', policy }));
      night.configure(withTargets(...targets));
      const handle = await night.incident(targetNamed(agent.name));
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      return { agent, handle, hash: openDecision?.hash };
    }

    /** Approvals of several people, one every 100 ms, until the incident has ended: each gets an answer or an error. */
    async function approveTillTheEnd(handle: WorkflowHandle, hash: string | undefined, afterMs: number) {
      let over = false;
      const end = ended(handle).finally(() => {
        over = true;
      });
      const replies: Promise<DecisionReply | Error>[] = [];
      await sleep(afterMs);
      for (let n = 0; !over && n < 400; n += 1) {
        replies.push(answer(handle, hash, { by: `person-${n}` }).catch((error: Error) => error));
        await sleep(100);
      }
      const all = await Promise.all(replies);
      return { ...(await end), accepted: all.filter((one) => 'accepted' in one && one.accepted), all };
    }

    const ends = [
      {
        what: 'it is cancelled',
        headStart: 15,
        byHand: 0,
        end: (handle: WorkflowHandle) => handle.signal('cancel', person),
      },
      {
        what: 'its alerts have resolved',
        headStart: 15,
        byHand: 0,
        end: (handle: WorkflowHandle) =>
          handle.signal(
            'alert',
            alertFor('ContainerMemoryCritical', { runbook: 'MEM-001', status: 'resolved' }),
          ),
      },
      {
        what: 'it is rejected',
        headStart: 10,
        byHand: 0,
        end: (handle: WorkflowHandle, hash: string | undefined) =>
          answer(handle, hash, { answer: 'reject', by: 'ben', comment: 'not now' }),
      },
      {
        what: 'somebody restarts it by hand',
        headStart: 1500,
        byHand: 1,
        end: (_: WorkflowHandle, __: string | undefined, agent: Agent) =>
          agent.container.handle.restart({ t: 3 }),
      },
    ];
    const races = ends.flatMap((one) => [0, one.headStart].map((afterMs) => ({ ...one, afterMs })));
    it.concurrent.each(races)(
      'from $afterMs ms after $what: an approval counts at most once, and whoever was told yes is in the report',
      async ({ end, byHand, afterMs }) => {
        const { agent, handle, hash } = await asked();
        const [result] = await Promise.all([
          approveTillTheEnd(handle, hash, afterMs),
          end(handle, hash, agent),
        ]);
        const { outcome, report, accepted, all } = result;
        const story = `${outcome}\n${told(report)}`;
        expect(all.length).toBeGreaterThan(0);
        const restarts = (await agent.container.restarts()) - byHand;
        expect(restarts, story).toBeLessThanOrEqual(1);
        expect(restarts, story).toBe(claimed(report).length);
        const answers = changesOf(report).flatMap((change) => change.answers);
        const yes = answers.filter((one) => one.accepted && one.answer === 'approve');
        expect(yes, story).toHaveLength(accepted.length);
        if (accepted.length === 0) expect(restarts, story).toBe(0);
        // Too late is told in words, or by the server: never by silence.
        for (const one of all) expect('why' in one ? one.why : one.message, story).toMatch(/\S/);
      },
      200_000,
    );

    it('after the end it is refused by name, and changes nothing', async () => {
      const { agent, handle, hash } = await asked();
      await handle.signal('cancel', person);
      const { outcome } = await ended(handle);
      expect(outcome).toBe('cancelled');
      await expect(answer(handle, hash)).rejects.toThrow(/completed|not found/i);
      await sleep(2000);
      expect(await agent.container.restarts()).toBe(0);
    });
  },
);
