import { resolveSecret } from '../../config/index.js';
import { parseDockerKey, parseWorkloadKey } from '../../config/target-key.js';
import type { Config, TargetSettings, TemporalSettings } from '../../config/types.js';
import { disruptions } from '../../model/change.js';
import { autonomyFor } from '../../model/guardrails/autonomy.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Policy } from '../../model/policy.js';
import { connectEngines, type Engines } from '../engines.js';
import { examineContainer } from './container.js';
import { type Finding, tried } from './finding.js';
import { examineTemporal } from './temporal.js';
import { examineWorkload } from './workload.js';

export type { Finding, State } from './finding.js';

export interface DoctorRequest {
  readonly config: Config;
  readonly temporal: TemporalSettings;
  /** Key of the only target that is wanted; absent: all, and Temporal. */
  readonly target?: string;
  readonly signal: AbortSignal;
  /** Told of each target that is done. */
  readonly onProgress?: (done: number, all: number) => void;
}

/** What is there and what is missing of all that is configured, asked for all at once. Changes nothing. */
export async function examine(request: DoctorRequest): Promise<readonly Finding[]> {
  const { config, temporal, target, signal, onProgress } = request;
  const engines = connectEngines(() => config);
  const targets = config.targets.filter(({ key }) => target === undefined || key === target);
  let done = 0;
  const counted = async (work: Promise<readonly Finding[]>): Promise<readonly Finding[]> => {
    const findings = await work;
    done += 1;
    onProgress?.(done, targets.length);
    return findings;
  };
  try {
    const own = target === undefined ? examineTemporal(temporal, signal) : Promise.resolve([]);
    const each = targets.map((one) => counted(examineTarget(config, engines, one, signal)));
    return (await Promise.all([own, ...each])).flat();
  } finally {
    engines.close();
  }
}

async function examineTarget(
  config: Config,
  engines: Engines,
  { key, scope, settings, policy }: TargetSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  if (isWorkload(settings, key)) {
    const unusable = await tried(key, 'configuration', signal, async () => engines.cluster(scope).server);
    if (unusable.state !== 'ok') return [unusable];
    const secret = (name: string): string => resolveSecret(config, name);
    const cluster = engines.cluster(scope);
    return examineWorkload({ key, settings, changes: mayChange(policy), cluster, secret, signal });
  }
  const named = parseDockerKey(key);
  if ('problem' in named) return [];
  return examineContainer(key, () => engines.docker(scope), named.container, signal);
}

function isWorkload(settings: TargetSettings['settings'], key: string): settings is WorkloadSettings {
  return !('problem' in parseWorkloadKey(key)) && 'cluster' in settings;
}

/** Whether anything at all may be changed, be it with a decision. */
function mayChange(policy: Policy): boolean {
  const levels = [
    ...disruptions.map((disruption) => autonomyFor(policy, { kind: '', disruption }).autonomy),
    ...Object.values(policy.autonomy.byKind),
  ];
  return levels.some((level) => level === 'approve' || level === 'auto');
}
