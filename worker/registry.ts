import type { Registry } from '../activities/incident/index.js';
import { policyFor, resolveSecret } from '../config/index.js';
import type { Config } from '../config/types.js';
import type { Applier, Extension, TargetAdapter } from '../model/extension.js';
import type { AnyLook } from '../model/look.js';
import type { Runbook } from '../model/runbook.js';

/** Where the configuration of this moment is: it may be read anew while the worker runs. */
export type CurrentConfig = () => Config;

/** Everything that activities need, from the configuration, what is shipped, and what extensions bring. */
export function createRegistry(options: {
  readonly config: CurrentConfig;
  readonly adapters: readonly TargetAdapter[];
  readonly appliers: Readonly<Record<string, Applier>>;
  readonly runbooks: readonly Runbook<AnyLook>[];
  readonly extensions: readonly Extension[];
}): Registry {
  const { config, extensions } = options;
  return {
    adapters: [...options.adapters, ...extensions.flatMap(({ adapters }) => adapters)],
    appliers: Object.assign({}, options.appliers, ...extensions.map(({ appliers }) => appliers)),
    runbooks: [...options.runbooks, ...extensions.map(({ runbook }) => runbook)],
    policyFor: (target) => policyFor(config(), target.key),
    secret: (name) => resolveSecret(config(), name),
    now: () => new Date(),
  };
}
