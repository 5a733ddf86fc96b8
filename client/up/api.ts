import type { Logger } from 'pino';
import { type Config, type HttpAuth, resolveSecret } from '../../config/index.js';
import { product } from '../../model/product.js';
import { shippedRunbooks } from '../../worker/registry.js';
import { type ApiProcess, startApi } from '../api/index.js';
import type { TemporalClient } from '../temporal.js';
import { FileTokens } from '../tokens/index.js';

/** The API as the configuration says, with Alertmanager's credentials read from where their secrets are. */
export function serveApi(
  config: Config,
  temporal: Pick<TemporalClient, 'client'>,
  logger: Logger,
): Promise<ApiProcess> {
  const { alertmanager } = config;
  const asked = alertmanager && {
    url: alertmanager.url,
    everySeconds: alertmanager.everySeconds,
    ...(alertmanager.auth ? { headers: { authorization: authorization(config, alertmanager.auth) } } : {}),
  };
  return startApi({
    temporal,
    config: {
      routes: config.routes,
      targets: config.targets,
      api: config.api,
      ...(asked ? { alertmanager: asked } : {}),
    },
    runbooks: shippedRunbooks,
    pages: shippedRunbooks,
    tokens: new FileTokens(config.api.tokensFile, logger),
    product,
    logger,
  });
}

function authorization(config: Config, auth: HttpAuth): string {
  if ('bearerSecret' in auth) return `Bearer ${resolveSecret(config, auth.bearerSecret)}`;
  const pair = `${auth.username}:${resolveSecret(config, auth.passwordSecret)}`;
  return `Basic ${Buffer.from(pair).toString('base64')}`;
}
