import { planServiceDegrade } from '../../../../model/changes/service-degrade.js';
import type { DockerLook } from '../../../../model/container.js';
import type { Remedy } from '../../../../model/runbook.js';
import { appFigures } from '../figures.js';
import { silent } from './pieces.js';

/** MEM-001's rollback option 2: what is not essential is switched off, until the incident is over. */
export const degradeService: Remedy<DockerLook> = {
  name: 'degrade-service',
  title: 'Switch non-essential features off for a while',
  usually: 'none',
  propose(look) {
    const { degrade } = look.settings;
    if (degrade === undefined)
      return { skip: 'no switch for non-essential features is configured (degrade: in nightshift.yaml)' };
    const quiet = silent(look);
    if (quiet !== null) return { skip: `${quiet}: there is nothing to switch` };
    // Somebody else's switch: switching it off would make us switch it on again afterwards.
    if (appFigures(look).degraded === 1) return { skip: `${degrade.features} are off already` };
    return { changes: [planServiceDegrade(look, degrade)] };
  },
};
