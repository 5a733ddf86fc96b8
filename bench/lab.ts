import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { NativeConnection, Worker } from '@temporalio/worker';
import { startApi } from '../client/api/index.js';
import { connectTemporal, type TemporalClient } from '../client/temporal.js';
import { createToken, FileTokens } from '../client/tokens/index.js';
import { filesOf } from '../client/up/files.js';
import { startTemporal, type TemporalServer } from '../client/up/temporal-server.js';
import type { NotifyActivities } from '../model/activities.js';
import { bundle } from '../worker/bundle.js';
import { connectWorker } from '../worker/connection.js';
import { createLogger, installRuntime } from '../worker/logger.js';
import { createWorkers } from '../worker/workers.js';
import type { Children } from './children.js';
import { type Hooks, scope, tankModule, tankNamed, tankRegistry, tankRunbook } from './tanks.js';

/** What a section is given. */
export interface Lab {
  /** Small counts: under a minute for everything. */
  readonly quick: boolean;
  readonly signal: AbortSignal;
  readonly client: Client;
  readonly address: string;
  readonly server: TemporalServer;
  readonly connection: NativeConnection;
  readonly children: Children;
  /** The workflows with the tanks' runbook, bundled ahead as a build does it. */
  readonly bundlePath: string;
  /** A token that may deliver alerts, and the file that knows it. */
  readonly token: string;
  readonly tokensFile: string;
  progress(line: string): void;
}

/** A server of its own, with exactly the settings of `nightshift up`, in a folder that is removed at the end. */
export async function openLab(
  options: Pick<Lab, 'quick' | 'signal' | 'progress' | 'children'>,
): Promise<Lab & { close(): Promise<void> }> {
  const { signal, progress } = options;
  const logger = createLogger('error');
  installRuntime(logger);
  const folder = await mkdtemp(join(tmpdir(), 'nightshift-bench-'));
  const files = filesOf(folder);
  const server = await startTemporal({ files, log: progress, signal });
  const { address, namespace } = server;
  const temporal: TemporalClient = await connectTemporal({ address, namespace });
  const connection = await connectWorker({ address, namespace });
  const bundlePath = join(folder, 'workflow-bundle.js');
  await writeFile(bundlePath, await bundle([tankModule]));
  const tokensFile = files.tokens;
  const token = await createToken({ file: tokensFile, name: 'bench', role: 'webhook' });
  return {
    ...options,
    ...{ client: temporal.client, address, server, connection, bundlePath, token, tokensFile },
    async close() {
      await connection.close();
      await temporal.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const silent: NotifyActivities = {
  sinks: async () => ['log'],
  notify: async () => ({ note: 'written to the log' }),
};

/** The product's workers, as `nightshift up` runs them, over tanks. Returns what stops them. */
export async function startWorkers(
  { client, connection, bundlePath }: Pick<Lab, 'client' | 'connection' | 'bundlePath'>,
  hooks?: Hooks,
  padding = 0,
): Promise<() => Promise<void>> {
  const workers = await createWorkers({
    connection,
    client,
    namespace: 'default',
    scopes: [scope],
    bundle: { codePath: bundlePath },
    notify: silent,
    registry: tankRegistry(hooks, padding),
  });
  return run(workers);
}

/** Runs workers until the returned function is called. */
export function run(workers: readonly Worker[]): () => Promise<void> {
  const runs = workers.map((worker) => worker.run());
  return async () => {
    for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    await Promise.all(runs);
  };
}

/** The product's API on a free port, for the tanks of these names. */
export async function startTankApi(client: Client, tokensFile: string, names: readonly string[]) {
  const logger = createLogger('error');
  const policy = tankRegistry().policyFor(tankNamed('gentle-any')).policy;
  return startApi({
    temporal: { client },
    config: {
      routes: [
        { match: { alertname: '/Tank.*/' }, runbook: tankRunbook.name, target: `${scope}/{{labels.tank}}` },
      ],
      targets: names.map((name) => ({ ...tankNamed(name), policy, settings: {} })),
      api: { host: '127.0.0.1', port: 0, tokensFile },
    },
    runbooks: [tankRunbook],
    tokens: new FileTokens(tokensFile, logger),
    product: 'nightshift bench',
    logger,
  });
}
