import type { V1DaemonSet, V1Deployment, V1StatefulSet } from '@kubernetes/client-node';
import type { WorkloadReading } from '../../model/kubernetes/details.js';
import type { WorkloadKind } from '../../model/kubernetes/settings.js';

type Rollout = Pick<
  WorkloadReading,
  | 'observedGeneration'
  | 'replicas'
  | 'readyReplicas'
  | 'updatedReplicas'
  | 'paused'
  | 'strategy'
  | 'maxUnavailable'
  | 'maxSurge'
  | 'progressDeadlineSeconds'
  | 'rollout'
>;

const notSeen = 'its controller has not seen the last change yet';

/** Where the rollout stands, by the rules of `kubectl rollout status`. */
export function rolloutOf(workload: V1Deployment | V1StatefulSet | V1DaemonSet, kind: WorkloadKind): Rollout {
  if (kind === 'Deployment') return ofDeployment(workload as V1Deployment);
  return kind === 'StatefulSet'
    ? ofStatefulSet(workload as V1StatefulSet)
    : ofDaemonSet(workload as V1DaemonSet);
}

function ofDeployment({ metadata, spec, status }: V1Deployment): Rollout {
  const replicas = spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const progress = status?.conditions?.find(({ type }) => type === 'Progressing');
  const stuck = progress?.reason === 'ProgressDeadlineExceeded' ? progress : undefined;
  const rolling = spec?.strategy?.rollingUpdate;
  const said = (): string | undefined => {
    if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return notSeen;
    if (stuck) return `it is stuck: ${stuck.message ?? stuck.reason}`;
    if (updated < replicas) return `${updated} of ${replicas} replicas are of the new template`;
    if ((status?.replicas ?? 0) > updated)
      return `${(status?.replicas ?? 0) - updated} old replicas are still there`;
    // A rollout that is through stays through: pods that fail later are not one.
    const through = progress?.reason === 'NewReplicaSetAvailable';
    if (!through && (status?.availableReplicas ?? 0) < updated)
      return `${status?.availableReplicas ?? 0} of ${updated} replicas are available`;
    return undefined;
  };
  return withWords(said(), {
    observedGeneration: status?.observedGeneration ?? 0,
    replicas,
    readyReplicas: status?.readyReplicas ?? 0,
    updatedReplicas: updated,
    paused: spec?.paused ?? false,
    strategy: spec?.strategy?.type ?? 'RollingUpdate',
    ...(rolling?.maxUnavailable !== undefined && { maxUnavailable: String(rolling.maxUnavailable) }),
    ...(rolling?.maxSurge !== undefined && { maxSurge: String(rolling.maxSurge) }),
    ...(spec?.progressDeadlineSeconds !== undefined && {
      progressDeadlineSeconds: spec.progressDeadlineSeconds,
    }),
  });
}

function ofStatefulSet({ metadata, spec, status }: V1StatefulSet): Rollout {
  const replicas = spec?.replicas ?? 1;
  const ready = status?.readyReplicas ?? 0;
  const same = status?.updateRevision === status?.currentRevision;
  const updated = same ? replicas : (status?.updatedReplicas ?? 0);
  // Pods below the partition stay as they are until somebody lowers it: they are no rollout.
  const wanted = Math.max(0, replicas - (spec?.updateStrategy?.rollingUpdate?.partition ?? 0));
  const said = (): string | undefined => {
    if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return notSeen;
    if (same || spec?.updateStrategy?.type === 'OnDelete' || updated >= wanted) return undefined;
    return `${updated} of ${wanted} replicas are of the new template`;
  };
  return withWords(said(), {
    observedGeneration: status?.observedGeneration ?? 0,
    replicas,
    readyReplicas: ready,
    updatedReplicas: updated,
    paused: false,
    strategy: spec?.updateStrategy?.type ?? 'RollingUpdate',
  });
}

function ofDaemonSet({ metadata, spec, status }: V1DaemonSet): Rollout {
  const replicas = status?.desiredNumberScheduled ?? 0;
  const updated = status?.updatedNumberScheduled ?? 0;
  const ready = status?.numberReady ?? 0;
  const said = (): string | undefined => {
    if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return notSeen;
    // With OnDelete a pod is renewed when somebody deletes it: that is no rollout under way.
    if (spec?.updateStrategy?.type === 'OnDelete') return undefined;
    return updated < replicas ? `${updated} of ${replicas} pods are of the new template` : undefined;
  };
  const rolling = spec?.updateStrategy?.rollingUpdate;
  return withWords(said(), {
    observedGeneration: status?.observedGeneration ?? 0,
    replicas,
    readyReplicas: ready,
    updatedReplicas: updated,
    paused: false,
    strategy: spec?.updateStrategy?.type ?? 'RollingUpdate',
    ...(rolling?.maxUnavailable !== undefined && { maxUnavailable: String(rolling.maxUnavailable) }),
  });
}

function withWords(rollout: string | undefined, rest: Omit<Rollout, 'rollout'>): Rollout {
  return rollout === undefined ? rest : { ...rest, rollout };
}
