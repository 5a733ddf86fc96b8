import type { V1ContainerStatus, V1Pod } from '@kubernetes/client-node';

/** Why pods don't become ready, told apart. */
export type Why =
  | 'crashLoop'
  | 'imagePull'
  | 'configuration'
  | 'unschedulable'
  | 'noPods'
  | 'neverReady'
  | 'paused';

/** Something that keeps a pod from becoming ready, as it is now. */
export interface Trouble {
  readonly why: Why;
  readonly pod: string;
  /** For people: `container agent: CrashLoopBackOff after 3 restarts, exit code 1`. */
  readonly said: string;
  /** How long it must last before it counts, seconds: some of it mends itself. */
  readonly patienceSeconds: number;
}

/** They don't mend themselves. */
const finalPulls = ['ErrImageNeverPull', 'InvalidImageName'];
const pulls = ['ErrImagePull', 'ImagePullBackOff', 'ImageInspectError', 'RegistryUnavailable', ...finalPulls];
const configurations = ['CreateContainerConfigError', 'CreateContainerError', 'RunContainerError'];

/** A registry may answer the second time; a ConfigMap may be about to be made; nodes are added within minutes. */
const patience = { imagePull: 30, configuration: 30, unschedulable: 180 } as const;
/** A crash may be a race at the start; after the second restart it is a loop, and before it at the deadline only. */
const crashesOfALoop = 2;
const untilTheDeadline = Number.POSITIVE_INFINITY;

/** The worst trouble of these pods, or undefined where all are ready or may yet be. */
export function troubleOf(pods: readonly V1Pod[]): Trouble | undefined {
  const found = pods
    .filter(({ metadata }) => metadata?.deletionTimestamp === undefined)
    .flatMap((pod) => ofPod(pod) ?? []);
  return found.toSorted((a, b) => a.patienceSeconds - b.patienceSeconds)[0];
}

function ofPod(pod: V1Pod): Trouble | undefined {
  const { metadata, status } = pod;
  const name = metadata?.name ?? '';
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled?.status === 'False')
    return {
      why: 'unschedulable',
      pod: name,
      said: `no node takes it: ${scheduled.message ?? scheduled.reason ?? 'no reason given'}`,
      patienceSeconds: patience.unschedulable,
    };
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  for (const one of all) {
    const trouble = ofContainer(one);
    if (trouble) return { ...trouble, pod: name };
  }
  return undefined;
}

function ofContainer(status: V1ContainerStatus): Omit<Trouble, 'pod'> | undefined {
  const { name, restartCount, state, lastState } = status;
  const reason = state?.waiting?.reason ?? '';
  const message = state?.waiting?.message;
  const said = `container ${name}: ${reason}${message === undefined ? '' : ` (${message.slice(0, 200)})`}`;
  if (pulls.includes(reason))
    return { why: 'imagePull', said, patienceSeconds: finalPulls.includes(reason) ? 0 : patience.imagePull };
  if (configurations.includes(reason))
    return { why: 'configuration', said, patienceSeconds: patience.configuration };
  const ended = state?.terminated ?? lastState?.terminated;
  const crashed = state?.running === undefined && ended !== undefined && ended.exitCode !== 0;
  if (!crashed) return undefined;
  return {
    why: 'crashLoop',
    said: `container ${name}: ${reason || ended.reason || 'crashed'} after ${restartCount} restarts, exit code ${ended.exitCode} (${ended.reason ?? 'no reason given'})`,
    patienceSeconds: restartCount >= crashesOfALoop ? 0 : untilTheDeadline,
  };
}

/** Pods that are ready to serve. */
export function readyOf(pods: readonly V1Pod[]): readonly V1Pod[] {
  return pods.filter(
    ({ metadata, status }) =>
      metadata?.deletionTimestamp === undefined &&
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True'),
  );
}

/** What a pod that is neither ready nor in trouble says of itself. */
export function notReadyWords(pods: readonly V1Pod[]): string {
  const ready = new Set(readyOf(pods));
  const pod = pods.find((one) => !ready.has(one) && one.metadata?.deletionTimestamp === undefined);
  if (pod === undefined) return 'no pod of the new template is there';
  const condition = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  const words = condition?.message ?? condition?.reason ?? pod.status?.phase ?? 'no reason given';
  return `pod ${pod.metadata?.name} runs and does not become ready: ${words}`;
}
