import type { Logger } from 'pino';
import type { Config } from '../../config/types.js';
import { Intake, incidentPort, Reconciler, routingOf } from '../alerts/index.js';
import { incidentsOf } from '../incidents/index.js';
import type { DescribedRunbook } from '../runbooks/index.js';
import { reach, type TemporalClient } from '../temporal.js';
import type { Tokens } from '../tokens/index.js';
import { createApi } from './app.js';
import { createApiMetrics } from './metrics.js';
import { type Serving, serve } from './serve.js';

export interface ApiSetup {
  readonly temporal: Pick<TemporalClient, 'client'>;
  readonly config: Pick<Config, 'routes' | 'targets' | 'api'> & {
    /** Credentials, where it needs them, are in `headers`, read from their secret. */
    readonly alertmanager?: {
      readonly url: string;
      readonly everySeconds: number;
      readonly headers?: Readonly<Record<string, string>>;
    };
  };
  readonly runbooks: readonly { readonly name: string }[];
  /** Those whose pages are served at `/runbooks`. */
  readonly pages?: readonly DescribedRunbook[];
  readonly tokens: Tokens;
  readonly product: string;
  readonly logger: Logger;
}

export interface ApiProcess extends Serving {
  readonly intake: Intake;
}

/** Puts the API together from a configuration and serves it: what `nightshift api` and `nightshift up` do. */
export async function startApi(setup: ApiSetup): Promise<ApiProcess> {
  const { temporal, config, tokens, product, logger } = setup;
  const { client } = temporal;
  const metrics = createApiMetrics();
  const routing = routingOf(config, setup.runbooks);
  const intake = new Intake({ port: incidentPort(client), routing, product, logger, metrics });
  const reconciler =
    config.alertmanager && new Reconciler({ ...config.alertmanager, intake, logger, metrics });
  const { namespace } = client.options;
  const app = createApi({
    incidents: incidentsOf(client),
    intake,
    ...(reconciler ? { reconciler } : {}),
    tokens,
    routing,
    ...(setup.pages ? { pages: setup.pages } : {}),
    product,
    ready: async () => {
      await reach(client, 2_000, () => client.workflowService.describeNamespace({ namespace }));
    },
    logger,
    metrics,
  });
  const serving = await serve({ app, host: config.api.host, port: config.api.port });
  reconciler?.start();
  const close = async () => {
    await Promise.all([serving.close(), reconciler?.stop()]);
  };
  return { ...serving, intake, close };
}
