import type { Worker } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createNotifyActivities } from '../activities/notify/index.js';
import { connectTemporal } from '../client/temporal.js';
import { resolveSecret, temporalSettings } from '../config/index.js';
import type { Config } from '../config/types.js';
import type { Extension } from '../model/extension.js';
import { startArchiving } from './archiver/index.js';
import { workflowBundle } from './bundle.js';
import { connectWorker } from './connection.js';
import { connectEngines } from './engines.js';
import { hostReader } from './host.js';
import { installRuntime } from './logger.js';
import { type CurrentConfig, createRegistry } from './registry.js';
import { keepWatches } from './watches.js';
import { createWorkers } from './workers.js';

export interface WorkerOptions {
  /** Asked anew at every look, so that a tightened policy binds from the next look on. */
  readonly config: CurrentConfig;
  readonly logger: Logger;
  readonly extensions?: readonly Extension[];
  /** False: only activities. */
  readonly workflows?: boolean;
  /** Scopes to serve; default all of the configured engines. */
  readonly scopes?: readonly string[];
}

/** A running worker process's inside. */
export interface RunningWorker {
  readonly scopes: readonly string[];
  /** Settles when all its workers have stopped; rejects where one of them failed. */
  readonly done: Promise<void>;
  /** True while every worker polls. */
  healthy(): boolean;
  /** Its figures as Prometheus reads them; absent: it has none of its own. */
  readonly metrics?: (() => Promise<string>) | undefined;
  /** Stops taking work, lets what runs end or beat its last, and closes its connections. */
  stop(): Promise<void>;
}

/**
 * Connects to Temporal and to the engines, and runs the workers. Throws `TemporalUnreachable`, and
 * `Misconfigured` for an engine's address that can't be used.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { logger, extensions = [] } = options;
  installRuntime(logger);
  const config = options.config();
  const settings = temporalSettings(config);
  // The client first: its errors say what is wrong with the address, the certificates or the namespace.
  const { client, close } = await connectTemporal(settings);
  const connection = await connectWorker(settings);
  const engines = connectEngines(options.config);
  const host = hostReader();
  const registry = createRegistry({ config: options.config, engines, host, extensions });
  const scopes = options.scopes ?? scopesOf(config);
  const archiving = startArchiving({ client, config: options.config, logger });
  const workers = await createWorkers({
    connection,
    client,
    namespace: settings.namespace,
    registry,
    scopes,
    bundle: await workflowBundle(extensions.map(({ module }) => module)),
    notify: notifyFor(options.config, logger),
    ...(archiving.activities && { archive: archiving.activities }),
    ...(options.workflows !== undefined && { workflows: options.workflows }),
  });
  const watches = keepWatches({ client, config: options.config, scopes, logger });
  return running(workers, scopes, archiving.metrics, async () => {
    await watches.stop();
    await archiving.stop();
    engines.close();
    await host.kernelLog.close();
    await connection.close();
    await close();
  });
}

/** Scopes of the configured engines, and of targets of other kinds. */
function scopesOf(config: Config): readonly string[] {
  const engines = config.engines.map(({ name }) => `docker/${name}`);
  return [...new Set([...engines, ...config.targets.map(({ scope }) => scope)])];
}

function notifyFor(config: CurrentConfig, logger: Logger) {
  return createNotifyActivities({
    now: () => new Date(),
    log: ({ what, severity, title, text, target, shortId }) =>
      logger[what === 'escalation' ? 'error' : 'warn'](
        { what, severity, target, incident: shortId, text },
        title,
      ),
    webhook: () => {
      const webhook = config().escalation?.webhook;
      if (!webhook) return undefined;
      const { url, timeoutSeconds, signingSecret } = webhook;
      return { url, timeoutSeconds, secret: () => resolveSecret(config(), signingSecret) };
    },
  });
}

function running(
  workers: readonly Worker[],
  scopes: readonly string[],
  metrics: RunningWorker['metrics'],
  close: () => Promise<void>,
): RunningWorker {
  const shutdown = (): void => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
  };
  // One that fails takes the others with it: half a worker process would look alive.
  const runs = Promise.all(
    workers.map((worker) =>
      worker.run().catch((error: unknown) => {
        shutdown();
        throw error;
      }),
    ),
  );
  const done = runs.then(() => undefined);
  done.catch(() => undefined);
  return {
    scopes,
    ...(metrics && { metrics }),
    done,
    healthy: () => workers.every((worker) => worker.getState() === 'RUNNING'),
    async stop() {
      shutdown();
      try {
        await done;
      } finally {
        await close();
      }
    },
  };
}
