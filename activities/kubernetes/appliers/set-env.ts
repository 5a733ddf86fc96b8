import type { V1ConfigMap } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import type { SetEnvParams } from '../../../model/changes/kubernetes/params.js';
import type { Json } from '../../../model/json.js';
import type { Applier } from '../../adapter.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure } from '../../failure.js';
import { paths } from '../paths.js';
import type { KubernetesApplierDependencies } from './dependencies.js';
import { changeTemplate } from './template-change.js';
import { envNow, envPatch, isRestartedBy, restartPatch } from './template-patches.js';
import { type Tools, withTools } from './tools.js';
import { versionOf, workloadRefOf } from './workload-object.js';
import { compareAndSet } from './write.js';

type SetEnv = Change<SetEnvParams>;

/**
 * Sets a variable where it is defined, and follows the rollout: in the template, whose pods are replaced by it; or in
 * a ConfigMap, whose readers are not, so that the workload is restarted after it.
 */
export function setEnvApplier(dependencies: KubernetesApplierDependencies): Applier<SetEnvParams> {
  return (change, context) =>
    withTools(dependencies, context, (tools) =>
      change.params.configMapKey === undefined
        ? inTemplate(tools, change)
        : inConfigMap(tools, change, change.params.configMapKey),
    );
}

function inTemplate(tools: Tools, change: SetEnv): Promise<Effect> {
  const { workload: ref, container, variable, progressSeconds } = change.params;
  const { before, after } = valuesOf(change);
  return changeTemplate(tools, {
    ref: workloadRefOf(ref),
    uid: change.object.uid,
    progressSeconds,
    done: words(change),
    isDone: (workload) => envNow(workload, container, variable) === after,
    refuseDrift: (workload) => refuseDrift(change, envNow(workload, container, variable), before),
    patch: () => ({ merge: envPatch(container, variable, after) }),
  });
}

async function inConfigMap(tools: Tools, change: SetEnv, key: string): Promise<Effect> {
  const { ref, workload, progressSeconds } = change.params;
  const { before, after } = valuesOf(change);
  const path = paths.configMap(ref.namespace, ref.name);
  const { signal } = tools.context;
  const { written } = await compareAndSet<V1ConfigMap>(tools, {
    read: () => tools.cluster.get<V1ConfigMap>(path, { signal }),
    judge: (now) => {
      const value = now.data?.[key] ?? null;
      if (value === after) return 'done';
      refuseDrift(change, value, before);
      const body = { metadata: versionOf(now), data: { [key]: after } };
      return { path, body, type: 'application/merge-patch+json' };
    },
  });
  if (!written && !tools.sentBefore)
    return effect(
      tools.context,
      'superseded',
      `somebody else has set ${change.params.variable} to ${after} in ConfigMap ${ref.name}`,
    );
  const at = typeof change.fresh.at === 'string' ? change.fresh.at : tools.context.now().toISOString();
  return changeTemplate(tools, {
    ref: workloadRefOf(workload),
    uid: change.object.uid,
    progressSeconds,
    done: `${words(change)} in ConfigMap ${ref.name}`,
    begun: true,
    unmistakable: true,
    isDone: (now) => isRestartedBy(now, change.id),
    // The value is set; a workload that has changed meanwhile must take it up all the same.
    refuseDrift: () => undefined,
    patch: () => ({ merge: restartPatch(change.id, at) }),
  });
}

function refuseDrift({ params: { variable } }: SetEnv, now: Json, before: string | null): void {
  if (now === before) return;
  throw failure(
    'PreconditionChanged',
    `${variable} is ${now === null ? 'not set' : String(now)} there now, not ${before ?? 'unset'}: somebody else has set it.`,
  );
}

function valuesOf({ fields, kind }: SetEnv): {
  readonly before: string | null;
  readonly after: string | null;
} {
  const field = fields[0];
  const { before = null, after = null } = field ?? {};
  if (!isValue(before) || !isValue(after)) throw failure('Unsupported', `${kind} sets texts only.`);
  return { before, after };
}

function isValue(value: Json): value is string | null {
  return value === null || typeof value === 'string';
}

function words(change: SetEnv): string {
  const { before, after } = valuesOf(change);
  return `${change.params.variable} ${before ?? 'unset'} → ${after ?? 'unset'}`;
}
