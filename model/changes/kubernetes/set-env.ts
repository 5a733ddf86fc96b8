import { type ChangeDraft, type ChangeKind, wentWrong } from '../../change.js';
import type { WorkloadLook } from '../../kubernetes/details.js';
import type { EnvRule } from '../../kubernetes/settings.js';
import { shellCommand } from '../shell.js';
import { turned } from './field.js';
import { podsRestarted, rolloutAlerts, rolloutHarm } from './harm.js';
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
  if (found.from === 'configMap' && found.configMap === undefined)
    return { skip: `${rule.name} comes from a ConfigMap that could not be read` };
  if (found.from === 'template' && found.value === undefined)
    return {
      skip: `${rule.name} has no value of its own in the template, so there is none to set another for`,
    };
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

/** One change of all that is set in the same place as the first: one rollout takes them up. */
export function setTogether(
  plans: readonly [ChangeDraft<SetEnvParams>, ...ChangeDraft<SetEnvParams>[]],
): ChangeDraft<SetEnvParams> {
  const [first, ...others] = plans;
  const place = ({ params: { ref } }: ChangeDraft<SetEnvParams>): string => `${ref.kind} ${ref.name}`;
  const joined = others.filter((plan) => place(plan) === place(first));
  if (joined.length === 0) return first;
  const more = joined.map(({ params: { variable, configMapKey } }) => ({
    variable,
    ...(configMapKey !== undefined && { configMapKey }),
  }));
  return {
    ...first,
    fields: [first, ...joined].flatMap(({ fields }) => fields),
    params: { ...first.params, more },
  };
}

/** One variable, and what becomes of it. */
export interface Setting {
  readonly variable: string;
  /** Of the ConfigMap that holds it; absent where the template does. */
  readonly key?: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What a change sets. Throws `TypeError` where its fields don't go with its variables. */
export function settingsOf({
  fields,
  params,
}: Pick<ChangeDraft<SetEnvParams>, 'fields' | 'params'>): readonly Setting[] {
  const { variable, configMapKey, more = [] } = params;
  const named = [{ variable, ...(configMapKey !== undefined && { configMapKey }) }, ...more];
  return named.map(({ variable: name, configMapKey: key }, index) => {
    const { before, after } = fields[index] ?? {};
    if (!isValue(before) || !isValue(after))
      throw new TypeError('workload.setEnv needs a field of texts, or null for none, for each variable');
    return { variable: name, ...(key !== undefined && { key }), before, after };
  });
}

export const setEnv: ChangeKind<SetEnvParams, WorkloadLook> = {
  kind: 'workload.setEnv',
  title: 'Set environment variables where they are defined',
  disruption: (_draft, look) => rolloutHarm(look),
  describe(draft) {
    const { ref, workload, configMapKey } = draft.params;
    const words = settingsOf(draft).map(
      ({ variable, before, after }) => `${variable} from ${before ?? 'nothing'} to ${after ?? 'nothing'}`,
    );
    const where = configMapKey === undefined ? kubectlName(workload) : `ConfigMap ${ref.name}`;
    return {
      sentence: `Set ${inSentence(words)} in ${where}; the pods of ${kubectlName(workload)} are replaced`,
      command: byHand(draft),
    };
  },
  precondition(change, look) {
    const refusal = templateRefusal(change, look);
    if (refusal !== null) return refusal;
    const refusals = settingsOf(change).map((setting) => moved(change, setting, look));
    return refusals.find((one) => one !== null) ?? null;
  },
  undo(change, effect) {
    if (effect !== undefined && wentWrong(effect) === undefined)
      return { none: 'The new value stays: it is what was asked for.' };
    const { kind, object, touches, params } = change;
    return { kind, object, touches, params, fields: turned(change), fresh: { undoes: change.id } };
  },
  creditedTo: podsRestarted,
  expectedAlerts: rolloutAlerts,
  timeoutSeconds: ({ params }) => params.progressSeconds + 60,
};

/** Why a variable is no longer what was planned for, or null. */
function moved(
  { params: { ref, configMapKey } }: Pick<ChangeDraft<SetEnvParams>, 'params'>,
  { variable, before, after }: Setting,
  look: WorkloadLook,
): string | null {
  const now = look.details.workload.env.find(({ name }) => name === variable);
  if (now?.configMap?.name !== (configMapKey === undefined ? undefined : ref.name))
    return `${variable} is defined elsewhere now than it was when this was planned.`;
  return now?.value === (before ?? undefined) || now?.value === after
    ? null
    : `${variable} is ${now?.value ?? 'not set'} now, not ${before}: somebody else has set it.`;
}

function byHand(draft: ChangeDraft<SetEnvParams>): string {
  const { ref, workload, container, configMapKey } = draft.params;
  const settings = settingsOf(draft);
  const kubectl = (...words: readonly string[]) =>
    shellCommand(['kubectl', ...kubectlWhere(workload), ...words]);
  if (configMapKey === undefined) {
    const words = settings.map(({ variable, after }) =>
      after === null ? `${variable}-` : `${variable}=${after}`,
    );
    return kubectl('set', 'env', kubectlName(workload), '-c', container, ...words);
  }
  const data = Object.fromEntries(settings.map(({ key = '', after }) => [key, after]));
  const patch = JSON.stringify({ data });
  return `${kubectl('patch', 'configmap', ref.name, '--type=merge', '-p', patch)} && ${kubectl('rollout', 'restart', kubectlName(workload))}`;
}

function inSentence(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

function isValue(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
