import {
  normalPolicy,
  planRestartPolicy,
  restartPolicyRefusal,
} from '../../../../model/changes/restart-policy.js';
import type { DockerLook } from '../../../../model/container.js';
import type { Remedy } from '../../../../model/runbook.js';
import { chosenContainer } from './pieces.js';

/** MEM-001 step 4, second half. A change only where the configuration wants it; otherwise a recommendation. */
export const setRestartPolicy: Remedy<DockerLook> = {
  name: 'set-restart-policy',
  title: 'Have the engine start it again when it ends',
  usually: 'none',
  propose(look) {
    if (look.settings.restartPolicy !== 'set')
      return { skip: 'only recommended, as configured (restartPolicy: recommend)' };
    const container = chosenContainer(look);
    if ('skip' in container) return container;
    const now = normalPolicy(container.restartPolicy);
    if (now !== 'no') return { skip: `${container.name} has a restart policy already (${now})` };
    const refusal = restartPolicyRefusal(container, look);
    return refusal === null ? { changes: [planRestartPolicy(container)] } : { skip: refusal };
  },
};
