import { type Command, Option } from 'commander';
import type { Config } from '../../../config/index.js';
import { temporalSettings } from '../../../config/index.js';
import { missingAttributes, registering } from '../../search-attributes.js';
import { connectTemporal } from '../../temporal.js';
import { currentConfig } from '../../up/config.js';
import { within } from '../../up/within.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { port, withConfig } from '../options.js';
import type { Cli } from '../program.js';
import { type CommonOptions, requireConfig, temporalFor } from '../settings.js';
import type { Io } from '../terminal/io.js';
import { serveHealth, workerSide } from '../worker-side.js';
import { interrupted } from './up.js';

interface WorkerOptions extends CommonOptions {
  readonly scope?: readonly string[];
  readonly workflows: boolean;
  readonly healthPort?: number;
}

/** `nightshift worker` and `nightshift api`: for a Temporal cluster, any number of each. */
export function addServe(root: Command, { io }: Cli): void {
  withTemporal(withConfig(root.command('worker')))
    .description('Run a worker against the configured Temporal')
    .option('--scope <scope...>', 'serve only these engines: docker/local')
    .option('--no-workflows', 'only activities: other workers run the workflows')
    .addOption(
      new Option('--health-port <port>', 'serve /healthz, /readyz and /metrics on 127.0.0.1 there')
        .env('NIGHTSHIFT_HEALTH_PORT')
        .argParser(port),
    )
    .addHelpText(
      'after',
      '\nThe log goes to standard error, a line of JSON each. NIGHTSHIFT_LOG_LEVEL sets its level.',
    )
    .action((options: WorkerOptions) => worker(io, options));
  withTemporal(withConfig(root.command('api')))
    .description('Run the HTTP API: alerts in, and what operators do')
    .addHelpText('after', '\nTokens: nightshift token create <name> --role operator')
    .action((options: CommonOptions) => api(io, options));
}

function withTemporal(command: Command): Command {
  return command
    .option('--temporal <host:port>', 'Temporal is there, whatever the configuration says')
    .option('--namespace <name>', 'namespace in it');
}

async function worker(io: Io, options: WorkerOptions): Promise<void> {
  const { createLogger, startWorker } = await workerSide();
  const logger = createLogger();
  const config = await configOf(io, options, logger);
  const running = await startWorker({
    config,
    logger,
    workflows: options.workflows,
    ...(options.scope ? { scopes: options.scope } : {}),
  });
  const looking = tellMissingAttributes(config(), logger);
  logger.info({ scopes: running.scopes, temporal: config().temporal.address }, 'the worker runs');
  const health = options.healthPort
    ? await serveHealth({
        healthy: running.healthy,
        metrics: running.metrics,
        port: options.healthPort,
      }).catch(async (error) => {
        await running.stop();
        throw error;
      })
    : undefined;
  if (health) logger.info({ url: health.url }, 'the health of this worker is served');
  const failed = await Promise.race([
    running.done.then(
      () => 'it stopped',
      (error: unknown) => String(error),
    ),
    interrupted(io.signal),
  ]);
  await looking;
  await within(30_000, running.stop()).catch(() => undefined);
  await health?.close();
  if (failed !== undefined) throw new CliError(exitCodes.failed, `the worker failed: ${failed}`);
  logger.info('the worker has stopped');
}

async function api(io: Io, options: CommonOptions): Promise<void> {
  const [{ createLogger }, { serveApi }] = await Promise.all([workerSide(), import('../../up/api.js')]);
  const logger = createLogger();
  const config = await configOf(io, options, logger);
  // Lazily: alerts get 503 while Temporal is away, and the sender tries again.
  const temporal = await connectTemporal(temporalSettings(config()), {
    lazy: true,
    identity: 'nightshift api',
  });
  const serving = await serveApi(config(), temporal, logger);
  const looking = tellMissingAttributes(config(), logger);
  logger.info({ url: serving.url }, 'the API listens');
  await interrupted(io.signal);
  await looking;
  await serving.close();
  await temporal.close();
  logger.info('the API has stopped');
}

/** Said at the start, with the command that mends it: else the first alert would be the one to find it out. */
async function tellMissingAttributes(
  { temporal: settings }: Config,
  logger: Parameters<typeof currentConfig>[1],
): Promise<void> {
  try {
    const temporal = await connectTemporal(settings);
    try {
      const missing = await missingAttributes(temporal.connection, settings.namespace);
      if (missing.length > 0)
        logger.error(
          { missing, mend: registering(missing, settings) },
          `the namespace ${settings.namespace} lacks search attributes: Temporal refuses every incident until they are registered`,
        );
    } finally {
      await temporal.close();
    }
  } catch (error) {
    // Temporal Cloud has no operator service, and Temporal may be away at the start.
    logger.info({ why: String(error) }, 'the search attributes of the namespace could not be looked at');
  }
}

/** The configuration of each moment, with Temporal where the options say. */
async function configOf(
  io: Io,
  options: CommonOptions,
  logger: Parameters<typeof currentConfig>[1],
): Promise<() => Config> {
  const { file } = requireConfig(io, options);
  if (options.temporal === undefined && options.namespace === undefined) return currentConfig(file, logger);
  const { address, namespace } = await temporalFor(io, options);
  return currentConfig(file, logger, (config) => ({
    ...config,
    temporal: { ...config.temporal, address, namespace },
  }));
}
