import type { dockerKinds } from '../../../model/changes/index.js';
import type { AppliersFor } from '../../adapter.js';
import { processRestartApplier } from '../../host/process-restart.js';
import { containerRestartApplier } from './container-restart.js';
import type { ApplierDependencies } from './dependencies.js';
import { cacheClearApplier, serviceDegradeApplier } from './endpoint-calls.js';
import { gcRunApplier } from './gc-run.js';
import { serviceRestartApplier } from './service-restart.js';
import { memoryLimitApplier, restartPolicyApplier } from './update.js';

export type { ApplierDependencies } from './dependencies.js';

/** One applier for each kind of change that MEM-001 can make. A kind without one does not compile. */
export function createDockerAppliers(dependencies: ApplierDependencies): AppliersFor<typeof dockerKinds> {
  return {
    'cache.clear': cacheClearApplier(dependencies),
    'gc.run': gcRunApplier(dependencies),
    'service.degrade': serviceDegradeApplier(dependencies),
    'container.memoryLimit': memoryLimitApplier(dependencies),
    'container.restart': containerRestartApplier(dependencies),
    'container.restartPolicy': restartPolicyApplier(dependencies),
    'hostProcess.restart': processRestartApplier(dependencies),
    'service.restart': serviceRestartApplier(dependencies),
  };
}
