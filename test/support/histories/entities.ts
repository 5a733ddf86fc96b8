import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { createArchive } from '../../../archive/archive.js';
import type { ArchiverInput } from '../../../model/archiver.js';
import { emptyWatch } from '../../../model/watch.js';
import { createArchiveActivities } from '../../../worker/archiver/activities.js';
import { archiverParts } from '../../../worker/archiver/parts.js';
import { ensureSchedule } from '../../../worker/archiver/schedule.js';
import { scheduleIds, taskQueues, workflowIds, workflowTypes } from '../../../workflows/contract.js';
import { archiverRun, listed, terminated } from '../closed.js';
import { alertFor, type Bench, scope, tankTarget } from '../nightshift.js';
import type { World } from '../tank/world.js';

/** The workflows around the incidents, each as it stands after some work. */
export const entities = ['governor', 'notifications', 'watch', 'archiver', 'ending'] as const;
export type Entity = (typeof entities)[number];

type Find = (night: Bench, world: World) => Promise<WorkflowHandle>;

export const findEntity: Readonly<Record<Entity, Find>> = {
  /** After leases, refusals and ends of other shapes, and an alert that is held off, resolved and opened anew. */
  async governor(night, world) {
    const governor = night.client.workflow.getHandle(workflowIds.governor(scope));
    const held = { alert: alertFor(), target: tankTarget('held-off'), runbook: 'TANK-1' };
    night.policy = { ...night.policy, remediesOff: ['flush', 'throttle', 'restart'] };
    world.tank(held.target.key);
    const handle = await night.open('held-off');
    await night.result(handle);
    await governor.signal('heldOffAlert', held);
    await governor.signal('heldOffResolved', {
      target: held.target.key,
      fingerprint: held.alert.fingerprint,
    });
    await governor.signal('heldOffAlert', held);
    const { runId } = await handle.describe();
    for (const giveUp = Date.now() + 15_000; ; ) {
      if ((await night.client.workflow.getHandle(handle.workflowId).describe()).runId !== runId) break;
      if (Date.now() > giveUp) throw new Error('the governor opened no incident');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await night.result(night.client.workflow.getHandle(handle.workflowId));
    return governor;
  },
  /** Of an incident that escalated. */
  async notifications(night) {
    const { shortId } = await night.result(
      night.client.workflow.getHandle(workflowIds.incident(tankTarget('held-off').key)),
    );
    const handle = night.client.workflow.getHandle(workflowIds.notifications(shortId));
    await new Promise((resolve) => setTimeout(resolve, 2000));
    return handle;
  },
  /** It sees a tank fill and empty again. */
  async watch(night, world) {
    const target = tankTarget('watched');
    const tank = world.tank(target.key, { used: 10 });
    const plan = { target, runbook: 'TANK-1', thresholdPercent: 85, criticalPercent: 90, everySeconds: 0.2 };
    const handle = await night.client.workflow.start(workflowTypes.watch, {
      workflowId: workflowIds.watch(target.key),
      taskQueue: taskQueues.workflows,
      args: [{ plan, state: emptyWatch }],
    });
    await new Promise((resolve) => setTimeout(resolve, 1000));
    tank.flushedTo = 40;
    tank.used = 96;
    const incident = night.client.workflow.getHandle(workflowIds.incident(target.key));
    for (const giveUp = Date.now() + 15_000; ; ) {
      if (
        await incident.describe().then(
          () => true,
          () => false,
        )
      )
        break;
      if (Date.now() > giveUp) throw new Error('the watch opened no incident');
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await night.result(incident);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    return handle;
  },
  /** Its second run: it prunes, and one incident can't be archived that Temporal is about to forget, so people hear. */
  /** Of a tank that is throttled for two seconds after its incident. */
  async ending(night, world) {
    night.policy = {
      ...night.policy,
      autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
      remediesOff: ['flush'],
    };
    world.tank(tankTarget('for-a-time').key, { restartedTo: 10 });
    const { facts } = await night.result(
      await night.open('for-a-time', alertFor('TankFull', { runbook: 'TANK-3' })),
    );
    const changed = facts.find((fact) => fact.type === 'applied');
    const handle = night.client.workflow.getHandle(workflowIds.ending(changed?.changeId ?? ''));
    await handle.result();
    return handle;
  },
  async archiver(night) {
    const folder = await mkdtemp(join(tmpdir(), 'nightshift-archive-'));
    const archive = createArchive(folder);
    let bad = '';
    const real = archiverParts(night.client, () => {
      throw new Error('the configuration is not asked');
    });
    const activities = createArchiveActivities({
      ...real,
      archive: () => archive,
      gauges: { batch: () => undefined, failed: () => undefined },
      namespaceSeconds: async () => 0.1,
      collect: async (run) => {
        if (run.workflowId === bad) throw new Error('its history is torn');
        return real.collect(run);
      },
    });
    const worker = await Worker.create({
      connection: night.environment.nativeConnection,
      taskQueue: taskQueues.archive,
      activities: { ...activities },
    });
    const stopped = worker.run();
    try {
      const input: ArchiverInput = {
        everySeconds: 3600,
        retention: { bytes: 1 },
        owner: 'here:nightshift.yaml',
      };
      await terminated(night.client, 'archived');
      const before = await listed(night.client, 1);
      await ensureSchedule(night.client, input);
      await archiverRun(night.client, 1);
      bad = workflowIds.incident(tankTarget('torn').key);
      await terminated(night.client, 'torn');
      await listed(night.client, before.length + 1);
      await night.client.schedule.getHandle(scheduleIds.archiver).trigger('SKIP');
      const { workflowId, runId } = await archiverRun(night.client, 2);
      return night.client.workflow.getHandle(workflowId, runId);
    } finally {
      worker.shutdown();
      await stopped;
      await rm(folder, { recursive: true, force: true });
    }
  },
};
