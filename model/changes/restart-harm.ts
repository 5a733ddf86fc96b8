import { type Disruption, worse } from '../change.js';
import type { ContainerReading, DockerLook } from '../container.js';
import { appContainer } from './object.js';

export interface Harm {
  readonly disruption: Disruption;
  readonly why: string;
}

/** Alert names that a restart must be expected to cause, as the common rule sets call them. */
export const restartAlerts = [
  'TargetDown',
  'InstanceDown',
  'ServiceDown',
  'ContainerDown',
  'ContainerAbsent',
  'ContainerKilled',
  'ContainerRestarting',
  'ContainerRestarted',
  'ContainerUnhealthy',
  'ContainerCrashLooping',
  'EndpointDown',
  'BlackboxProbeFailed',
] as const;

/** What restarting this container would do to its users now: computed from the look, never a constant. */
export function restartHarm(container: ContainerReading, look: DockerLook): Harm {
  const lost = dataLost(container, look);
  const replicas = readyReplicas(container, look);
  const cold = coldCaches(container, look);
  const grace = `up to ${container.stopTimeoutSeconds} s to stop, then its start`;
  const down: Harm =
    replicas > 0
      ? {
          disruption: 'brief',
          why: `${replicas} other ready ${replicas === 1 ? 'replica serves' : 'replicas serve'} meanwhile`,
        }
      : { disruption: 'outage', why: `nothing else serves for it meanwhile (${grace})` };
  const unread = container.tmpfsMounts === undefined ? ['whether it has a tmpfs was not read'] : [];
  const why = [...lost, down.why, ...cold, ...unread].join('; ');
  return { disruption: lost.length > 0 ? worse('dataLoss', down.disruption) : down.disruption, why };
}

/** Other containers of the same compose service that run and are not known to be unready. */
function readyReplicas(container: ContainerReading, look: DockerLook): number {
  const { composeProject, composeService, id } = container;
  if (composeProject === undefined || composeService === undefined) return 0;
  return look.details.containers.filter(
    (other) =>
      other.id !== id &&
      other.composeProject === composeProject &&
      other.composeService === composeService &&
      other.status === 'running' &&
      other.gap === undefined &&
      !other.paused &&
      !other.restarting &&
      (other.health === 'none' || other.health === 'healthy'),
  ).length;
}

function dataLost(container: ContainerReading, look: DockerLook): string[] {
  const reasons: string[] = [];
  if (look.settings.dataServices.includes(container.name))
    reasons.push('the configuration calls it a data service');
  const tmpfs = container.tmpfsMounts ?? [];
  if (tmpfs.length > 0) reasons.push(`what is in its tmpfs is lost (${tmpfs.join(', ')})`);
  for (const cache of cachesIn(container, look))
    if (cache.disruption === 'dataLoss')
      reasons.push(`what it keeps as ${cache.name} may be lost (${cache.harm})`);
  return reasons;
}

function coldCaches(container: ContainerReading, look: DockerLook): string[] {
  const names = cachesIn(container, look)
    .filter(({ disruption }) => disruption !== 'dataLoss')
    .map(({ name }) => name);
  return names.length > 0 ? [`it starts with cold caches (${names.join(', ')})`] : [];
}

function cachesIn(container: ContainerReading, look: DockerLook) {
  return appContainer(look)?.id === container.id ? look.settings.caches : [];
}
