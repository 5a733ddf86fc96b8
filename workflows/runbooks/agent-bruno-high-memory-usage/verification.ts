import type { Sample } from '../../../model/evidence.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import { belowThreshold, failed, notGrowingBack } from '../../../model/memory/soak-checks.js';
import type { Check } from '../../../model/runbook.js';
import { residentNotGrowing } from './resident-trend.js';

/**
 * The source's four verifications, after the soak: memory of the worst replica, no new OOM kill, the trend (of the
 * container, and of the process where Prometheus has it), and that it works (`POST /chat`); and that every replica is ready. What can't be checked has not passed.
 */
export function verify(
  look: WorkloadLook,
  before: WorkloadLook,
  samples: readonly Sample[],
): readonly Check[] {
  return [
    belowThreshold('worst replica below the warning threshold', look, samples),
    notGrowingBack(look, samples),
    ...residentNotGrowing(look, before, samples),
    noNewKills(look, before, samples),
    replicasReady(look),
    rolloutDone(look),
    ...functional(look),
  ];
}

function noNewKills(look: WorkloadLook, before: WorkloadLook, samples: readonly Sample[]): Check {
  const name = 'no new OOM kill';
  if (look.kills === undefined) return failed(name, 'OOM kills could not be counted');
  const counted = samples.map(({ kills }) => kills).filter((kills) => kills !== undefined);
  // Pods that were replaced take their counts with them, so only a rise says something.
  const base =
    before.kills !== undefined && look.kills >= before.kills ? before.kills : (counted[0] ?? look.kills);
  const rises = counted.reduce((sum, count, i) => sum + Math.max(0, count - (counted[i - 1] ?? count)), 0);
  const kills = Math.max(look.kills - base, rises);
  return {
    name,
    passed: kills <= 0,
    note: kills <= 0 ? 'none since the last change' : `${kills} since the last change`,
  };
}

function replicasReady({ details: { workload } }: WorkloadLook): Check {
  const name = 'replicas ready';
  const { replicas, readyReplicas } = workload;
  const note = `${readyReplicas} of ${replicas}`;
  return { name, passed: replicas > 0 && readyReplicas >= replicas, note };
}

function rolloutDone({ details: { workload } }: WorkloadLook): Check {
  const name = 'no rollout under way';
  return workload.rollout === undefined
    ? { name, passed: true, note: `all ${workload.updatedReplicas} replicas are of the present template` }
    : failed(name, workload.rollout);
}

/** What is not configured is not a check. */
function functional({ settings, details }: WorkloadLook): readonly Check[] {
  if (settings.probe === undefined) return [];
  const name = `answers ${settings.probe.method} ${settings.probe.path}`;
  if (details.probe === undefined) return [failed(name, 'the probe was not made')];
  return [{ name, passed: details.probe.ok, note: details.probe.note }];
}
