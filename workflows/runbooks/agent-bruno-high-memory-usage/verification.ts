import type { Change } from '../../../model/change.js';
import type { Sample } from '../../../model/evidence.js';
import { bytes } from '../../../model/format.js';
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
  inForce: readonly Change[] = [],
): readonly Check[] {
  return [
    belowThreshold('worst replica below the warning threshold', look, samples),
    notGrowingBack(look, samples),
    ...residentNotGrowing(look, before, samples),
    noNewKills(look, before, samples),
    replicasReady(look),
    rolloutDone(look),
    ...raisedInPlace(look, inForce),
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
  // A count falls where a later end of a pod had another reason, and may hide a kill: those that are told count, too.
  const told = look.details.oomKills.filter(({ at }) => at !== undefined && at > before.at).length;
  const kills = Math.max(look.kills - base, rises, told);
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

/** A limit that was raised in place is looked at again, by the pod's uid: it ends with the pod. */
function raisedInPlace({ details }: WorkloadLook, inForce: readonly Change[]): readonly Check[] {
  const raised = inForce.filter(({ kind }) => kind === 'pod.resize');
  if (raised.length === 0) return [];
  const name = 'limits raised in place still hold';
  const said = raised.map(({ object, fields }) => {
    const wanted = fields.find((field) => field.name === 'limits.memory')?.after;
    const pod = details.pods.find(({ uid }) => uid === object.uid);
    if (pod === undefined || pod.deleting)
      return { holds: true, words: `pod ${object.name} was replaced, and its raised limit ended with it` };
    const now = pod.limitBytes === undefined ? 'no limit' : bytes(pod.limitBytes);
    return { holds: pod.limitBytes === wanted, words: `pod ${object.name} has ${now}` };
  });
  return [
    { name, passed: said.every(({ holds }) => holds), note: said.map(({ words }) => words).join('; ') },
  ];
}

/** What is not configured is not a check. */
function functional({ settings, details }: WorkloadLook): readonly Check[] {
  if (settings.probe === undefined) return [];
  const name = `answers ${settings.probe.method} ${settings.probe.path}`;
  if (details.probe === undefined) return [failed(name, 'the probe was not made')];
  return [{ name, passed: details.probe.ok, note: details.probe.note }];
}
