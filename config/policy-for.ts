import { digest } from '../model/digest.js';
import type { Policy } from '../model/policy.js';
import { emptyContainerSettings } from './defaults.js';
import { workloadSettings } from './resolve-workload.js';
import { parseDockerKey, parseWorkloadKey } from './target-key.js';
import type { Config, TargetSettings } from './types.js';

export interface InForce {
  readonly policy: Policy;
  readonly settings: TargetSettings['settings'];
  /** Of policy and settings: it changes when, and only when, one of them does. */
  readonly digest: string;
}

/** What is in force for a target. One that is not configured may only be observed. */
export function policyFor(config: Config, targetKey: string): InForce {
  const target = config.targets.find(({ key }) => key === targetKey);
  const { policy, settings } = target ?? { policy: config.fallback, settings: unknownSettings(targetKey) };
  return { policy, settings, digest: digest({ policy, settings }) };
}

function unknownSettings(key: string): TargetSettings['settings'] {
  const workload = parseWorkloadKey(key);
  if ('workload' in workload && workload.workload) return workloadSettings(workload.workload);
  const named = parseDockerKey(key);
  if ('problem' in named) return {};
  return named.container === undefined
    ? emptyContainerSettings
    : { ...emptyContainerSettings, container: named.container };
}
