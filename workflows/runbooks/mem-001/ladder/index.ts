import type { DockerLook } from '../../../../model/container.js';
import type { Remedy } from '../../../../model/runbook.js';
import { clearCaches, clearHarmfulCaches } from './caches.js';
import { collectGarbage } from './collect-garbage.js';
import { degradeService } from './degrade-service.js';
import { raiseLimit } from './raise-limit.js';
import { restartContainer } from './restart-container.js';
import { restartProcess } from './restart-process.js';
import { restartService } from './restart-service.js';
import { setRestartPolicy } from './set-restart-policy.js';

/** Gentlest first. */
export const ladder: readonly Remedy<DockerLook>[] = [
  clearCaches,
  collectGarbage,
  degradeService,
  raiseLimit,
  restartContainer,
  setRestartPolicy,
  restartProcess,
  clearHarmfulCaches,
  restartService,
];
