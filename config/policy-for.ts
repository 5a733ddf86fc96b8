import type { ContainerSettings } from '../model/container.js';
import { digest } from '../model/digest.js';
import type { JsonObject } from '../model/json.js';
import type { Policy } from '../model/policy.js';
import { emptyContainerSettings } from './defaults.js';
import { parseDockerKey } from './target-key.js';
import type { Config } from './types.js';

export interface InForce {
  readonly policy: Policy;
  readonly settings: ContainerSettings | JsonObject;
  /** Of policy and settings: it changes when, and only when, one of them does. */
  readonly digest: string;
}

/** What is in force for a target. One that is not configured may only be observed. */
export function policyFor(config: Config, targetKey: string): InForce {
  const target = config.targets.find(({ key }) => key === targetKey);
  const { policy, settings } = target ?? { policy: config.fallback, settings: unknownSettings(targetKey) };
  return { policy, settings, digest: digest({ policy, settings }) };
}

function unknownSettings(key: string): ContainerSettings | JsonObject {
  const named = parseDockerKey(key);
  if ('problem' in named) return {};
  return named.container === undefined
    ? emptyContainerSettings
    : { ...emptyContainerSettings, container: named.container };
}
