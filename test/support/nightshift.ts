import './quiet.js';
import { fileURLToPath } from 'node:url';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Worker } from '@temporalio/worker';
import { signalWithStart } from '../../client/incidents/start.js';
import type { ArchiveActivities, NotifyActivities } from '../../model/activities.js';
import type { Alert } from '../../model/alert.js';
import { digest } from '../../model/digest.js';
import type { Extension } from '../../model/extension.js';
import type { Policy } from '../../model/policy.js';
import { anyRunbook, type Runbook } from '../../model/runbook.js';
import type { Target } from '../../model/target.js';
import type { IncidentView } from '../../model/view.js';
import { workflowBundle } from '../../worker/bundle.js';
import { createWorkers } from '../../worker/workers.js';
import { type IncidentResult, queries, searchAttributes, workflowIds } from '../../workflows/contract.js';
import type { TankLook } from './tank/runbook.js';
import type { World } from './tank/world.js';

/** Small enough that a whole incident takes a second or two of real time. */
export const quick: Policy = {
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  remediesOff: [],
  autonomy: { target: 'auto', byDisruption: { outage: 'approve' }, byKind: {} },
  decisions: {
    group: [],
    secondGroup: [],
    approvals: 1,
    timeLimitSeconds: 20,
    reminderSeconds: 0,
    onExpiry: 'escalate',
    notTheRequester: true,
    trustTemporalAccess: false,
  },
  freezes: [],
  holds: [],
  protected: [],
  budget: { perObjectPerHour: 5, perScopePerHour: 20, atOnce: 10 },
  cooldownSeconds: 0,
  deadlines: { warningSeconds: 30, criticalSeconds: 30 },
  settleSeconds: 0.3,
  soak: { seconds: 0.5, everySeconds: 0.1 },
  pauseLimitSeconds: 5,
  holdOff: { firstSeconds: 60, maxSeconds: 480 },
};

export const scope = 'tanks/here';

export function tankTarget(name: string): Target {
  return { key: `${scope}/${name}`, kind: 'tank', scope };
}

export function alertFor(name = 'TankFull', given: Partial<Alert> = {}): Alert {
  const now = new Date().toISOString();
  return {
    name,
    status: 'firing',
    severity: 'critical',
    fingerprint: `${name}-1`,
    labels: {},
    annotations: {},
    startsAt: now,
    receivedAt: now,
    runbook: 'TANK-1',
    source: 'alertmanager',
    ...given,
  };
}

/** The temporal CLI that the tests run against. Tests that need it fail without it. */
export function temporalCli(): string {
  const path = process.env.NIGHTSHIFT_TEMPORAL_CLI;
  if (!path)
    throw new Error('NIGHTSHIFT_TEMPORAL_CLI is not set: run the tests by `npm test`, which sets it');
  return path;
}

/** A real Temporal server of its own, with Nightshift's search attributes. */
export function temporalServer(): Promise<TestWorkflowEnvironment> {
  return TestWorkflowEnvironment.createLocal({
    server: {
      executable: { type: 'existing-path', path: temporalCli() },
      searchAttributes: Object.values(searchAttributes),
      extraArgs: [
        '--dynamic-config-value',
        'history.transferProcessorMaxPollRPS=2000',
        '--sqlite-pragma',
        'journal_mode=wal',
        '--sqlite-pragma',
        'synchronous=normal',
      ],
    },
  });
}

/** Which module each of the tanks' runbooks is in. */
const modules: Readonly<Record<string, string>> = { 'TANK-2': 'overflow', 'TANK-3': 'lasting' };

const compiled = (name: string): string => fileURLToPath(new URL(`./tank/${name}.js`, import.meta.url));

export interface Bench {
  readonly client: Client;
  readonly environment: TestWorkflowEnvironment;
  readonly sent: { sink: string; what: string; title: string }[];
  /** Texts of the messages in `sent`, in the same order. */
  readonly texts: string[];
  policy: Policy;
  /** Of one target; `policy` where it is not set otherwise. */
  policyFor: (target: Target) => Policy;
  startWorkers(more?: { archive?: ArchiveActivities }): Promise<() => Promise<void>>;
  open(name: string, alert?: Alert, more?: { observeOnly?: boolean }): Promise<WorkflowHandle>;
  view(handle: WorkflowHandle): Promise<IncidentView>;
  until(handle: WorkflowHandle, holds: (view: IncidentView) => boolean): Promise<IncidentView>;
  result(handle: WorkflowHandle): Promise<IncidentResult>;
  close(): Promise<void>;
}

/** Nightshift over a world of tanks, on a real Temporal server. */
export async function bench(world: World, runbooks: readonly Runbook<TankLook>[]): Promise<Bench> {
  const environment = await temporalServer();
  const { client } = environment;
  const extensions: Extension[] = runbooks.map((runbook) => ({
    runbook: anyRunbook(runbook),
    module: compiled(modules[runbook.name] ?? 'runbook'),
    adapters: [world.adapter],
    appliers: world.appliers,
  }));
  const bundle = await workflowBundle(extensions.map(({ module }) => module));
  const sent: Bench['sent'] = [];
  const texts: string[] = [];
  const notify: NotifyActivities = {
    sinks: async () => ['log'],
    notify: async ({ sink, notification: { what, title, text } }) => {
      sent.push({ sink, what, title });
      texts.push(text);
      return { note: 'logged' };
    },
  };
  const running = new Set<() => Promise<void>>();
  const self: Bench = {
    client,
    environment,
    sent,
    texts,
    policy: quick,
    policyFor: () => self.policy,
    async startWorkers({ archive } = {}) {
      const workers = await createWorkers({
        connection: environment.nativeConnection,
        client,
        namespace: 'default',
        scopes: [scope],
        bundle,
        notify,
        ...(archive && { archive }),
        registry: {
          adapters: [world.adapter],
          appliers: world.appliers,
          runbooks: extensions.map(({ runbook }) => runbook),
          policyFor: (target) => {
            const policy = self.policyFor(target);
            return { policy, settings: {}, digest: digest({ policy, settings: {} }) };
          },
          secret: () => 'secret',
          now: () => new Date(),
        },
      });
      const runs = workers.map((worker: Worker) => worker.run());
      const stop = async (): Promise<void> => {
        running.delete(stop);
        for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
        await Promise.all(runs);
      };
      running.add(stop);
      return stop;
    },
    async open(name, alert = alertFor(), more = {}) {
      const target = tankTarget(name);
      await signalWithStart(client, {
        target,
        runbook: alert.runbook,
        alert,
        observeOnly: more.observeOnly ?? false,
        product: 'test',
      });
      return client.workflow.getHandle(workflowIds.incident(target.key));
    },
    view: (handle) => handle.query<IncidentView>(queries.view),
    async until(handle, holds) {
      const giveUp = Date.now() + 15_000;
      for (;;) {
        const view = await self.view(handle);
        if (holds(view)) return view;
        if (Date.now() > giveUp)
          throw new Error(`it did not come to that: ${JSON.stringify(view.timeline, null, 1)}`);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    result: (handle) => handle.result() as Promise<IncidentResult>,
    async close() {
      for (const stop of [...running]) await stop();
      await environment.teardown();
    },
  };
  return self;
}
