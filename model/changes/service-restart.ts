import { type ChangeDraft, type ChangeKind, worse } from '../change.js';
import type { ContainerReading, DockerLook } from '../container.js';
import { containerRefusal, findContainer } from './object.js';
import { type Harm, restartAlerts, restartHarm } from './restart-harm.js';
import { shellCommand } from './shell.js';

/** The containers of a service, in the order in which they are restarted. `fresh.startedAt` is by key. */
export type ServiceRestartParams = {
  readonly service: string;
  readonly containers: readonly {
    readonly key: string;
    readonly id: string;
    readonly name: string;
    readonly stopTimeoutSeconds: number;
  }[];
  /** Containers of the service that are not touched, and why. */
  readonly leftOut: readonly { readonly name: string; readonly why: string }[];
};

/** The change that restarts the containers of a service one after another, in the order given. */
export function planServiceRestart(
  scope: string,
  service: string,
  ordered: readonly ContainerReading[],
  leftOut: ServiceRestartParams['leftOut'],
): ChangeDraft<ServiceRestartParams> {
  return {
    kind: 'service.restart',
    // The containers' ids are in the parameters, so that a person approves exactly these.
    object: { key: `${scope}/service:${service}`, uid: service, name: service },
    touches: ordered.map(({ key }) => key),
    fields: [],
    params: {
      service,
      containers: ordered.map(({ key, id, name, stopTimeoutSeconds }) => ({
        key,
        id,
        name,
        stopTimeoutSeconds,
      })),
      leftOut,
    },
    fresh: { startedAt: Object.fromEntries(ordered.map(({ key, startedAt }) => [key, startedAt])) },
  };
}

export const serviceRestart: ChangeKind<ServiceRestartParams, DockerLook> = {
  kind: 'service.restart',
  title: 'Restart all containers of a service',
  alwaysAsk: true,
  disruption: (draft, look) =>
    draft.params.containers.reduce<Harm>(
      (sum, { key, name }) => {
        const container = findContainer(look, key);
        if (container === undefined) return sum;
        const { disruption, why } = restartHarm(container, look);
        // Replicas don't help each other here: all of them are restarted.
        if (disruption !== 'dataLoss') return sum;
        return { disruption: worse(sum.disruption, disruption), why: `${sum.why}; ${name}: ${why}` };
      },
      {
        disruption: 'outage',
        why: `the service is down until its ${draft.params.containers.length} containers are up again`,
      },
    ),
  describe: ({ params }) => ({
    sentence: `Restart the service ${params.service}: ${params.containers.map(({ name }) => name).join(', then ')}${exceptions(params)}`,
    command: params.containers
      .map(({ name, stopTimeoutSeconds }) =>
        shellCommand(['docker', 'restart', '--time', String(stopTimeoutSeconds), name]),
      )
      .join(' && '),
  }),
  precondition(change, look) {
    for (const planned of change.params.containers) {
      const refusal = containerRefusal(planned, look);
      if (refusal !== null) return refusal;
    }
    return null;
  },
  undo: () => ({ none: 'A restart can not be undone.' }),
  expectedAlerts: restartAlerts,
  timeoutSeconds: ({ params }) =>
    params.containers.reduce((sum, { stopTimeoutSeconds }) => sum + stopTimeoutSeconds + 60, 0),
};

function exceptions({ leftOut }: ServiceRestartParams): string {
  return leftOut.length === 0 ? '' : ` (not ${leftOut.map(({ name }) => name).join(', ')})`;
}
