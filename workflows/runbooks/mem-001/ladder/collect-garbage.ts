import { planGcRun } from '../../../../model/changes/gc-run.js';
import type { DockerLook } from '../../../../model/container.js';
import type { Remedy } from '../../../../model/runbook.js';
import { silent } from './pieces.js';

/**
 * MEM-001 step 3, in the live process: a `gc.collect()` in a new one frees nothing in the one that leaks. Off
 * unless the configuration names runtime and process. Never by a signal.
 */
export const collectGarbage: Remedy<DockerLook> = {
  name: 'collect-garbage',
  title: 'Collect garbage in the live process',
  usually: 'none',
  propose(look) {
    const { gc } = look.settings;
    if (gc === undefined)
      return { skip: 'no way to reach the live process is configured (gc: in nightshift.yaml)' };
    const quiet = silent(look);
    if (quiet !== null) return { skip: `${quiet}: there is no process to reach` };
    const { gcProcess, gcProcessGap } = look.details;
    if (gcProcess === undefined)
      return { skip: `the process can't be told: ${gcProcessGap ?? 'none was found'}` };
    return { changes: [planGcRun(look, gc, gcProcess)] };
  },
};
