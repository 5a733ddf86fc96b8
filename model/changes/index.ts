/** The kinds of change that MEM-001 can make. Each has its applier in activities/ under the same name. */
import { cacheClear } from './cache-clear.js';
import { containerRestart } from './container-restart.js';
import { gcRun } from './gc-run.js';
import { memoryLimit } from './memory-limit.js';
import { processRestart } from './process-restart.js';
import { restartPolicy } from './restart-policy.js';
import { serviceDegrade } from './service-degrade.js';
import { serviceRestart } from './service-restart.js';

export type { CacheClearParams } from './cache-clear.js';
export type { ContainerRestartParams } from './container-restart.js';
export type { EndpointParams } from './endpoint.js';
export type { GcRunParams } from './gc-run.js';
export type { MemoryLimitParams } from './memory-limit.js';
export type { ProcessParams } from './process.js';
export type { ProcessRestartParams } from './process-restart.js';
export type { RestartPolicyParams } from './restart-policy.js';
export type { ServiceDegradeParams } from './service-degrade.js';
export type { ServiceRestartParams } from './service-restart.js';

export const dockerKinds = {
  'cache.clear': cacheClear,
  'gc.run': gcRun,
  'service.degrade': serviceDegrade,
  'container.memoryLimit': memoryLimit,
  'container.restart': containerRestart,
  'container.restartPolicy': restartPolicy,
  'hostProcess.restart': processRestart,
  'service.restart': serviceRestart,
} as const;
