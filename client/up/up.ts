import { closeSync, openSync } from 'node:fs';
import type { Logger } from 'pino';
import type { Config } from '../../config/index.js';
import { workerSide } from '../cli/worker-side.js';
import { connectTemporal } from '../temporal.js';
import { serveApi } from './api.js';
import { currentConfig } from './config.js';
import { defaultConfigText } from './default-config.js';
import { makeFolder, remove, type StateFiles, type UpRecord, writePrivate } from './files.js';
import { takeLock } from './lock.js';
import { nameProcess } from './process.js';
import { startTemporal, type TemporalServer } from './temporal-server.js';
import { ensureToken } from './tokens.js';
import { within } from './within.js';

export interface UpOptions {
  readonly files: StateFiles;
  /** Absent: a configuration is written into the state folder under which nothing is changed. */
  readonly configFile?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The operator token's name: whoever runs this. */
  readonly person: string;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** Temporal's port and that of its web page; 7233 and 8233 or free ones where absent. */
  readonly port?: number;
  readonly uiPort?: number;
  readonly apiPort?: number;
}

/** Everything that runs: the embedded server, a worker and the API. */
export interface Up {
  readonly record: UpRecord;
  readonly config: Config;
  readonly server: TemporalServer;
  readonly operatorToken: string;
  readonly webhookToken: string;
  /** Settles with the reason when something of it ends by itself. */
  readonly broken: Promise<string>;
  /** Ends all of it, the server last. Incidents go on when it is started again. */
  stop(): Promise<void>;
}

/** A worker that does not come to its end is left to the end of the process: its activities run again elsewhere. */
const stopMs = 20_000;

/** Starts all of it, or nothing: what had been started is stopped where a later part fails. */
export async function startUp(options: UpOptions): Promise<Up> {
  const stops: (() => Promise<void>)[] = [];
  const stop = async () => {
    for (const each of stops.splice(0).reverse()) await each();
  };
  try {
    return { ...(await start(options, (each) => stops.push(each))), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  options: UpOptions,
  atStop: (stop: () => Promise<void>) => void,
): Promise<Omit<Up, 'stop'>> {
  const { files, log, signal } = options;
  await makeFolder(files.folder);
  const lock = await takeLock(files.lock, files.folder);
  atStop(() => lock.release());
  const { createLogger, startWorker } = await workerSide();
  const logFile = openSync(files.log, 'a', 0o600);
  atStop(async () => closeSync(logFile));
  const logger: Logger = createLogger(undefined, logFile);
  const file = options.configFile ?? (await writeDefaultConfig(files, options.env));

  const { port, uiPort } = options;
  const server = await startTemporal({
    files,
    log,
    signal,
    ...(port === undefined ? {} : { port }),
    ...(uiPort === undefined ? {} : { uiPort }),
  });
  atStop(() => server.stop());
  const { address, namespace } = server;
  const adjust = (config: Config): Config => embedded(config, options, files, { address, namespace });
  const config = currentConfig(file, logger, adjust);
  const { api } = config();
  const operatorToken = await ensureToken({
    hashes: api.tokensFile,
    file: files.operatorToken,
    name: options.person,
    role: 'operator',
  });
  const webhookToken = await ensureToken({
    hashes: api.tokensFile,
    file: files.webhookToken,
    name: `${options.person}-alerts`,
    role: 'webhook',
  });

  const worker = await startWorker({ config, logger });
  atStop(() => within(stopMs, worker.stop()));
  const temporal = await connectTemporal({ address, namespace }, { identity: 'nightshift up' });
  atStop(() => temporal.close());
  const serving = await serveApi(config(), temporal, logger);
  atStop(() => serving.close());
  signal.throwIfAborted();

  const record: UpRecord = {
    ...nameProcess(process.pid),
    started: new Date().toISOString(),
    temporal: { address, namespace },
    ui: server.ui,
    api: serving.url,
    tokenFile: files.operatorToken,
    config: file,
  };
  await writePrivate(files.up, `${JSON.stringify(record, null, 2)}\n`);
  atStop(() => remove(files.up));
  const broken = Promise.race([
    server.died.then((why) => `the Temporal server died: ${why}. Its log: ${files.serverLog}`),
    worker.done.then(
      () => 'the worker stopped',
      (error: unknown) => `the worker failed: ${String(error)}. The log: ${files.log}`,
    ),
  ]);
  return { record, config: config(), server, operatorToken, webhookToken, broken };
}

async function writeDefaultConfig(files: StateFiles, env: UpOptions['env']): Promise<string> {
  await writePrivate(files.config, defaultConfigText(env));
  return files.config;
}

/** The same configuration with the embedded server's address; and with tokens of its own where it was written here. */
function embedded(
  config: Config,
  options: UpOptions,
  files: StateFiles,
  temporal: Config['temporal'],
): Config {
  const tokensFile = options.configFile === undefined ? files.tokens : config.api.tokensFile;
  const port = options.apiPort ?? config.api.port;
  return { ...config, temporal, api: { ...config.api, tokensFile, port } };
}
