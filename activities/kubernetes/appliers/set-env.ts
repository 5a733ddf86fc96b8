import type { Change, Effect } from '../../../model/change.js';
import type { SetEnvParams } from '../../../model/changes/kubernetes/params.js';
import { settingsOf } from '../../../model/changes/kubernetes/set-env.js';
import { undoes } from '../../../model/changes/kubernetes/undoes.js';
import type { Applier } from '../../adapter.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { refuseSettingDrift, settingWords } from './env-settings.js';
import { setInConfigMap } from './set-in-config-map.js';
import { changeTemplate } from './template-change.js';
import { envNow, envPatch } from './template-patches.js';
import { type Tools, withTools } from './tools.js';
import { workloadRefOf } from './workload-object.js';

/**
 * Sets variables where they are defined, and follows the one rollout: in the template, whose pods are replaced by it;
 * or in a ConfigMap, whose readers are not, so that the workload is restarted after it.
 */
export function setEnvApplier(dependencies: KubernetesApplierDependencies): Applier<SetEnvParams> {
  return (change, context) =>
    withTools(dependencies, context, (tools) =>
      change.params.configMapKey === undefined ? inTemplate(tools, change) : setInConfigMap(tools, change),
    );
}

function inTemplate(tools: Tools, change: Change<SetEnvParams>): Promise<Effect> {
  const { workload: ref, container, progressSeconds } = change.params;
  const settings = settingsOf(change);
  return changeTemplate(tools, {
    ref: workloadRefOf(ref),
    uid: change.object.uid,
    progressSeconds,
    takesBack: undoes(change) !== undefined,
    done: settingWords(settings),
    isDone: (workload) =>
      settings.every(({ variable, after }) => envNow(workload, container, variable) === after),
    refuseDrift: (workload) => {
      for (const setting of settings)
        refuseSettingDrift(setting, envNow(workload, container, setting.variable));
    },
    patch: () => ({ merge: envPatch(container, settings) }),
  });
}
