import type { ChangeDraft, ChangeKind } from '../change.js';
import type { ContainerSettings, DockerLook } from '../container.js';
import { curlCommand, type EndpointParams, endpointParams } from './endpoint.js';
import { appObject, runningRefusal } from './object.js';

/**
 * The app's switch for what is not essential. `call` is what this change calls, `callBack` what undoes it:
 * switching the features on again is the same kind with the two exchanged.
 */
export type ServiceDegradeParams = {
  readonly call: EndpointParams;
  readonly callBack: EndpointParams;
  /** What is switched, in the words of the configuration. */
  readonly features: string;
};

const field = 'features';

/** The change that switches the non-essential features off. It is temporary. */
export function planServiceDegrade(
  look: DockerLook,
  degrade: NonNullable<ContainerSettings['degrade']>,
): ChangeDraft<ServiceDegradeParams> {
  const object = appObject(look);
  return {
    kind: 'service.degrade',
    object,
    touches: [object.key],
    fields: [{ name: field, before: 'on', after: 'off' }],
    params: {
      call: endpointParams(degrade.on),
      callBack: endpointParams(degrade.off),
      features: degrade.features,
    },
    fresh: {},
    temporary: true,
  };
}

export const serviceDegrade: ChangeKind<ServiceDegradeParams, DockerLook> = {
  kind: 'service.degrade',
  title: 'Switch non-essential features off for a while',
  // The service itself goes on; what its users miss meanwhile is said.
  disruption: ({ params }) => ({
    disruption: 'none',
    why: `the service goes on without: ${params.features}`,
  }),
  describe: (draft) => ({
    sentence: `Switch ${draft.params.features} of ${draft.object.name} ${turnsOff(draft) ? 'off' : 'on again'}`,
    command: curlCommand(draft.params.call),
  }),
  // A container that was restarted since may have forgotten the switch; calling it twice does no harm.
  precondition: (change, look) => runningRefusal(change, look),
  undo(change) {
    if (!turnsOff(change)) return { none: 'The features are on, as they normally are.' };
    const { kind, object, touches, fields, params } = change;
    return {
      kind,
      object,
      touches,
      fields: fields.map(({ name, before, after }) => ({ name, before: after, after: before })),
      params: { call: params.callBack, callBack: params.call, features: params.features },
      fresh: {},
      temporary: false,
    };
  },
  timeoutSeconds: ({ params }) => params.call.timeoutSeconds + 10,
};

function turnsOff(draft: Pick<ChangeDraft, 'fields'>): boolean {
  return draft.fields.some(({ name, after }) => name === field && after === 'off');
}
