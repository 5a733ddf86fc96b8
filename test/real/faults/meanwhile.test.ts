import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { engineUrl, image, needsEngine, TestContainers, until } from '../../support/containers.js';
import { EngineProxy } from '../../support/engine-proxy.js';
import {
  Agent,
  type AgentOptions,
  answer,
  changesOf,
  claimed,
  ended,
  MiB,
  targetNamed,
  targetOf,
  told,
  withTargets,
} from '../../support/faults.js';
import { RealNight } from '../../support/real-night.js';

const ask = { target: 'approve' };

describe.skipIf(!(engineUrl && image) && !process.env.CI)(
  `a container that does not stand still while people decide (${needsEngine})`,
  () => {
    let containers: TestContainers;
    let night: RealNight;
    let proxy: EngineProxy;
    const targets = new Map<string, object>();
    const configure = (name?: string, target?: object): void => {
      if (name !== undefined && target) targets.set(name, target);
      const engines = { local: engineUrl as string, watched: proxy.url };
      night.configure(withTargets(...targets.values()), engines);
    };

    beforeAll(async () => {
      containers = await TestContainers.open(engineUrl as string, image as string, 'meanwhile');
      proxy = await EngineProxy.open(engineUrl as string);
      night = await RealNight.open();
      configure();
      await night.startWorker();
    });
    afterAll(async () => {
      await night?.close();
      await proxy?.close();
      await containers?.removeAll();
    });

    /** A leaking agent about whose restart people are asked. */
    async function asked(options: AgentOptions = {}, engine = 'local') {
      const agent = await Agent.leaking(containers, options);
      configure(agent.name, targetOf(agent, { engine, autonomy: ask }));
      const handle = await night.incident(targetNamed(agent.name, engine));
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined);
      return { agent, handle, hash: openDecision?.hash };
    }

    it.concurrent('removed: nothing is restarted, and people are told', async () => {
      const { agent, handle, hash } = await asked();
      await agent.container.handle.remove({ force: true });
      const reply = await answer(handle, hash).catch(() => undefined);
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('escalated');
      expect(report.outcomeWhy).toMatch(/no such container|gone|not there/i);
      expect(claimed(report)).toEqual([]);
      expect(reply === undefined || reply.accepted || /settled before|no change/.test(reply.why)).toBe(true);
    });

    it.concurrent('replaced by another of its name: the old approval is void, and the new one is asked about anew', async () => {
      const { agent, handle, hash } = await asked();
      await agent.container.handle.remove({ force: true });
      const other = await Agent.leaking(containers, { name: agent.name });
      configure(other.name, targetOf(other, { autonomy: ask }));
      const view = await night.until(
        handle,
        ({ openDecision }) => openDecision !== undefined && openDecision.hash !== hash,
      );
      expect(await answer(handle, hash)).toMatchObject({ accepted: false });
      expect(await other.container.restarts()).toBe(0);
      expect(view.openDecision?.change.object.uid).toBe(other.container.id);
      expect(await answer(handle, view.openDecision?.hash)).toMatchObject({ accepted: true });
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('recovered');
      expect(await other.container.restarts()).toBe(1);
    });

    it.concurrent('OOM-killed and started by its own policy just before the approval: no second restart', async () => {
      const { agent, handle, hash } = await asked({ host: { RestartPolicy: { Name: 'unless-stopped' } } });
      const before = await agent.container.startedAt();
      await fillUp(agent);
      await until('its policy has started it', async () => (await agent.container.startedAt()) !== before);
      await answer(handle, hash);
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('self-recovered');
      expect(await agent.container.restarts()).toBe(0);
      expect(await agent.container.starts()).toBe(2);
      expect(claimed(report)).toEqual([]);
    });

    it.concurrent('OOM-killed between the last look and our command: at most one restart, and claimed only if it was ours', async () => {
      const { agent, handle, hash } = await asked(
        { host: { RestartPolicy: { Name: 'unless-stopped' } } },
        'watched',
      );
      const before = await agent.container.startedAt();
      proxy.before(new RegExp(`^POST \\S*${agent.container.id}/restart`), async () => {
        await fillUp(agent);
        await until('its policy has started it', async () => (await agent.container.startedAt()) !== before);
      });
      await answer(handle, hash);
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toMatch(/recovered$/);
      const restarts = await agent.container.restarts();
      expect(restarts).toBeLessThanOrEqual(1);
      expect(claimed(report).length, told(report)).toBeLessThanOrEqual(restarts);
    });

    it.concurrent('restarted by hand while the question is open, and again right before our command: theirs are not ours', async () => {
      // It leaks in every life but the last, so that the question keeps its point.
      const { agent, handle, hash } = await asked({}, 'watched');
      const { handle: docker } = agent.container;
      await forgetLeak(agent);
      await docker.restart({ t: 3 });
      await until('it leaks again', () => agent.holds(72 * MiB), 30_000);
      proxy.before(new RegExp(`^POST \\S*${agent.container.id}/restart`), () => docker.restart({ t: 3 }));
      expect(await answer(handle, hash)).toMatchObject({ accepted: true });
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toMatch(/recovered$/);
      // Two by hand, and ours was on its way already: the engine takes no conditions.
      expect(await agent.container.restarts()).toBe(3);
      expect(claimed(report).length, told(report)).toBeLessThanOrEqual(1);
      expect(told(report)).toMatch(/by something else/);
    });

    it.concurrent('restarted by hand just before the approval: the relief is seen, and no second restart is sent', async () => {
      const { agent, handle, hash } = await asked();
      await agent.container.handle.restart({ t: 3 });
      await answer(handle, hash);
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('self-recovered');
      expect(await agent.container.restarts()).toBe(1);
      expect(claimed(report)).toEqual([]);
    });

    it.concurrent('paused by somebody: refused with the way to go on, and left alone', async () => {
      const { agent, handle, hash } = await asked();
      await agent.container.handle.pause();
      await answer(handle, hash);
      const { outcome, report } = await ended(handle);
      expect((await agent.container.state()).Paused).toBe(true);
      await agent.container.handle.unpause();
      expect(outcome, told(report)).toBe('escalated');
      expect(
        changesOf(report).some(({ why }) => why.includes('docker unpause')),
        told(report),
      ).toBe(true);
      expect(await agent.container.restarts()).toBe(0);
    });

    it.concurrent('in a crash loop: it can be approved, and is restarted once by us or clearly refused', async () => {
      const container = await containers.run({
        program: `const held = []; setTimeout(() => process.exit(3), 4000);
          for (let n = 0; n < 80; n += 1) held.push(Buffer.alloc(1048576, 1));
          setInterval(() => held.length, 1000);`,
        host: { Memory: 96 * MiB, MemorySwap: 96 * MiB, RestartPolicy: { Name: 'always' } },
      });
      configure(container.name, { engine: 'local', container: container.name, autonomy: ask });
      await until('it loops', async () => (await container.starts()) > 2, 40_000);
      const handle = await night.incident(targetNamed(container.name), { name: 'ContainerCrashLooping' });
      const { openDecision } = await night.until(handle, (view) => view.openDecision !== undefined, 60);
      const starts = await container.starts();
      await until('it has crashed again meanwhile', async () => (await container.starts()) > starts, 40_000);
      expect(await answer(handle, openDecision?.hash)).toMatchObject({ accepted: true });
      const carriedOut = await night.until(
        handle,
        (view) => changesOf(view).some(({ state }) => ['applied', 'refused', 'not applied'].includes(state)),
        90,
      );
      const restarts = await container.restarts();
      const ours = claimed(carriedOut);
      expect(restarts, told(carriedOut)).toBe(ours.length);
      expect(restarts).toBeLessThanOrEqual(1);
      if (ours.length === 0)
        expect(
          changesOf(carriedOut)
            .map(({ why }) => why)
            .join(),
        ).toMatch(/\S/);
      await handle.signal('cancel', { by: 'ana', verified: 'token', reason: 'the test is over' });
      await ended(handle);
    });

    it.concurrent('without a limit of its own: measured against the host, and not taken for full', async () => {
      const agent = await Agent.leaking(containers, { host: { Memory: 0, MemorySwap: 0 } });
      configure(agent.name, targetOf(agent));
      const handle = await night.incident(targetNamed(agent.name));
      const { outcome, report } = await ended(handle);
      expect(outcome, told(report)).toBe('self-recovered');
      expect(report.measure?.against).toContain('no limit of its own');
      expect(await agent.container.restarts()).toBe(0);
    });

    /** Makes the kernel kill the largest process of its cgroup: the agent. */
    async function fillUp({ container }: Agent): Promise<void> {
      const program = 'const held = []; for (;;) held.push(Buffer.alloc(1048576, 1));';
      const exec = await container.handle.exec({ Cmd: ['node', '-e', program] });
      await exec.start({ Detach: true });
    }

    async function forgetLeak({ container }: Agent): Promise<void> {
      const exec = await container.handle.exec({ Cmd: ['rm', '-f', '/tmp/leaked'] });
      await exec.start({ Detach: true });
      await until('the next life leaks again', async () => {
        const check = await container.handle.exec({ Cmd: ['test', '-e', '/tmp/leaked'] });
        await check.start({ Detach: true });
        const { Running, ExitCode } = await check.inspect();
        return !Running && ExitCode === 1;
      });
    }
  },
);
