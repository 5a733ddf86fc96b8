import { type ChangeDraft, type ChangeKind, wentWrong } from '../../change.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import type { EnvRule } from '../../kubernetes/settings.js';
import { shellCommand } from '../shell.js';
import { turned } from './field.js';
import { rolloutAlerts, rolloutHarm } from './harm.js';
import { kubectlName, kubectlWhere, templateRefusal, workloadObject, workloadRef } from './object.js';
import type { SetEnvParams } from './params.js';
import { progressSeconds } from './progress.js';

/** Sets an allow-listed variable where it is defined; or says why it can't be. */
export function planSetEnv(
  look: WorkloadLook,
  rule: EnvRule,
): ChangeDraft<SetEnvParams> | { readonly skip: string } {
  const found = look.details.workload.env.find(({ name }) => name === rule.name);
  if (found === undefined || found.from === 'unset')
    return { skip: `${rule.name} is not set on it, so what the app does without it is not known` };
  if (found.from === 'secret') return { skip: `${rule.name} comes from a Secret, which is never changed` };
  if (found.value === rule.to) return { skip: `${rule.name} is ${rule.to} already` };
  const workload = workloadRef(look);
  const { configMap } = found;
  const object = workloadObject(look);
  return {
    kind: 'workload.setEnv',
    object,
    touches: [object.key],
    fields: [{ name: `env.${rule.name}`, before: found.value ?? null, after: rule.to }],
    params: {
      ref: configMap === undefined ? workload : { ...workload, kind: 'ConfigMap', name: configMap.name },
      workload,
      container: look.details.workload.container,
      variable: rule.name,
      ...(configMap !== undefined && { configMapKey: configMap.key }),
      progressSeconds: progressSeconds(look),
    },
    fresh: {
      resourceVersion: configMap?.resourceVersion ?? look.details.workload.resourceVersion,
      at: look.at,
    },
  };
}

export const setEnv: ChangeKind<SetEnvParams, WorkloadLook> = {
  kind: 'workload.setEnv',
  title: 'Set an environment variable where it is defined',
  disruption: (_draft, look) => rolloutHarm(look),
  describe(draft) {
    const { ref, workload, variable, configMapKey, container } = draft.params;
    const { before, after } = valuesOf(draft);
    const where = configMapKey === undefined ? kubectlName(workload) : `ConfigMap ${ref.name}`;
    const kubectl = (...words: readonly string[]) =>
      shellCommand(['kubectl', ...kubectlWhere(workload), ...words]);
    const patch = JSON.stringify({ data: { [configMapKey ?? '']: after } });
    return {
      sentence: `Set ${variable} from ${before ?? 'nothing'} to ${after ?? 'nothing'} in ${where}; the pods of ${kubectlName(workload)} are replaced`,
      command:
        configMapKey === undefined
          ? kubectl(
              'set',
              'env',
              kubectlName(workload),
              '-c',
              container,
              after === null ? `${variable}-` : `${variable}=${after}`,
            )
          : `${kubectl('patch', 'configmap', ref.name, '--type=merge', '-p', patch)} && ${kubectl('rollout', 'restart', kubectlName(workload))}`,
    };
  },
  precondition(change, look) {
    const refusal = templateRefusal(change, look);
    if (refusal !== null) return refusal;
    const { before, after } = valuesOf(change);
    const now = look.details.workload.env.find(({ name }) => name === change.params.variable);
    if (
      now?.configMap?.name !== (change.params.configMapKey === undefined ? undefined : change.params.ref.name)
    )
      return `${change.params.variable} is defined elsewhere now than it was when this was planned.`;
    return now?.value === (before ?? undefined) || now?.value === after
      ? null
      : `${change.params.variable} is ${now?.value ?? 'not set'} now, not ${before}: somebody else has set it.`;
  },
  undo(change, effect) {
    if (effect !== undefined && wentWrong(effect) === undefined)
      return { none: 'The new value stays: it is what was asked for.' };
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};

function valuesOf({ fields }: Pick<ChangeDraft, 'fields'>): { before: string | null; after: string | null } {
  const field = fields[0];
  if (!isValue(field?.before) || !isValue(field?.after))
    throw new TypeError('workload.setEnv needs one field with texts, or null for none');
  return { before: field.before, after: field.after };
}

function isValue(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
