import type { Config } from '../../config/types.js';
import type { Routing } from './match.js';

/** Routing by a configuration that has been read. Only targets that it names can get an incident. */
export function routingOf(
  config: Pick<Config, 'routes' | 'targets'>,
  runbooks: readonly { readonly name: string }[],
): Routing {
  const targets = new Map(config.targets.map(({ key, kind, scope }) => [key, { key, kind, scope }]));
  return {
    routes: config.routes,
    runbooks: runbooks.map(({ name }) => name),
    target: (key) => targets.get(key),
  };
}
