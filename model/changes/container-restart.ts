import type { Change, ChangeDraft, ChangeKind } from '../change.js';
import type { ContainerReading, DockerLook, Endpoint } from '../container.js';
import { bytes, percent as percentText } from '../format.js';
import { curlCommand, type EndpointParams, endpointParams } from './endpoint.js';
import { containerObject, containerRefusal, findContainer } from './object.js';
import { restartAlerts, restartHarm } from './restart-harm.js';
import { shellCommand } from './shell.js';

/** `fresh` holds `{ startedAt, restartCount, workingSetBytes }` of the container at planning. */
export type ContainerRestartParams = {
  readonly stopTimeoutSeconds: number;
  readonly stopSignal: string;
  /** Called before, so that work under way can end. */
  readonly drain?: EndpointParams;
};

/** Below this share of its memory at planning, a container without a limit of its own counts as relieved. */
const relievedShare = 0.8;
/** What starting may take on a slow engine, besides the grace time. */
const startSeconds = 60;

/** The change that restarts one container with its own stop signal and grace time. */
export function planContainerRestart(
  container: ContainerReading,
  drain: Endpoint | undefined,
): ChangeDraft<ContainerRestartParams> {
  const object = containerObject(container);
  const { stopTimeoutSeconds, stopSignal, startedAt, restartCount, workingSetBytes } = container;
  return {
    kind: 'container.restart',
    object,
    touches: [object.key],
    fields: [],
    params: {
      stopTimeoutSeconds,
      stopSignal,
      ...(drain === undefined ? {} : { drain: endpointParams(drain) }),
    },
    fresh: { startedAt, restartCount, ...(workingSetBytes === undefined ? {} : { workingSetBytes }) },
  };
}

export const containerRestart: ChangeKind<ContainerRestartParams, DockerLook> = {
  kind: 'container.restart',
  title: 'Restart a container',
  disruption(draft, look) {
    const container = findContainer(look, draft.object.key);
    return container === undefined
      ? { disruption: 'outage', why: 'the container was not seen, so the worst is taken' }
      : restartHarm(container, look);
  },
  describe: ({ object, params }) => ({
    sentence: `Restart container ${object.name}${params.drain === undefined ? '' : ' after draining it'}`,
    command: [
      ...(params.drain === undefined ? [] : [curlCommand(params.drain)]),
      shellCommand(['docker', 'restart', '--time', String(params.stopTimeoutSeconds), object.name]),
    ].join(' && '),
  }),
  precondition(change, look) {
    const { key, uid, name } = change.object;
    return containerRefusal({ key, id: uid, name }, look) ?? relievedRefusal(change, look);
  },
  undo: () => ({ none: 'A restart can not be undone.' }),
  expectedAlerts: restartAlerts,
  timeoutSeconds: ({ params }) =>
    params.stopTimeoutSeconds + startSeconds + (params.drain?.timeoutSeconds ?? 0),
};

/**
 * A container that restarted by itself since the planning and has room again needs no second restart. One that
 * did so more than once is in a crash loop: there an approved restart still goes ahead.
 */
function relievedRefusal(change: Change<ContainerRestartParams>, look: DockerLook): string | null {
  const container = findContainer(look, change.object.key);
  const { startedAt, restartCount } = change.fresh;
  if (container === undefined || container.startedAt === startedAt) return null;
  if (container.status !== 'running' || container.restarting || container.health === 'unhealthy') return null;
  const restarts = container.restartCount - (typeof restartCount === 'number' ? restartCount : 0);
  if (restarts > 1) return null;
  const relief = reliefOf(container, change, look);
  return relief === null
    ? null
    : `Container ${container.name} was restarted since this was planned and ${relief}: no second restart.`;
}

/** Says how far down its memory is, or null where it is not. */
function reliefOf(container: ContainerReading, change: Change, look: DockerLook): string | null {
  const { workingSetBytes: used, limitBytes: limit } = container;
  if (used === undefined) return null;
  if (look.target.kind === 'container' && limit !== undefined) {
    const percent = (used / limit) * 100;
    return percent < look.policy.thresholds.warningPercent
      ? `is at ${percentText(percent)} of its limit`
      : null;
  }
  const before = change.fresh.workingSetBytes;
  return typeof before === 'number' && used < before * relievedShare
    ? `uses ${bytes(used)} now instead of ${bytes(before)}`
    : null;
}
