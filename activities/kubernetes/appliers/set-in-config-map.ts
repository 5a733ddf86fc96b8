import type { V1ConfigMap } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import { kubectlName, kubectlWhere } from '../../../model/changes/kubernetes/object.js';
import type { SetEnvParams } from '../../../model/changes/kubernetes/params.js';
import { type Setting, settingsOf } from '../../../model/changes/kubernetes/set-env.js';
import { undoes } from '../../../model/changes/kubernetes/undoes.js';
import { shellCommand } from '../../../model/changes/shell.js';
import { isFinal } from '../../../model/errors.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure, failureType, messageOf } from '../../failure.js';
import { paths } from '../paths.js';
import { refuseSettingDrift, settingWords } from './env-settings.js';
import { changeTemplate, refuseNoRollout } from './template-change.js';
import { envNow, isRestartedBy, restartPatch } from './template-patches.js';
import type { Tools } from './tools.js';
import { readObject, versionOf, type WorkloadRef, workloadRefOf } from './workload-object.js';
import { type Compared, compareAndSet, type Write } from './write.js';

type SetEnv = Change<SetEnvParams>;

/**
 * Sets variables in a ConfigMap, and restarts the workload that reads them. Two writes: what would stop the second is
 * looked for before the first, and where the second is refused all the same, the first is taken back.
 */
export async function setInConfigMap(tools: Tools, change: SetEnv): Promise<Effect> {
  const ref = workloadRefOf(change.params.workload);
  const settings = settingsOf(change);
  const untaken = refuseUntaken(tools, ref, change, settings);
  await (tools.sentBefore ? orTakenBack(tools, change, settings, untaken) : untaken);
  const { written } = await setValues(tools, change, settings);
  // An undo still has pods to replace that had the other value, whoever set it back.
  if (!written && !tools.sentBefore && undoes(change) === undefined)
    return effect(
      tools.context,
      'superseded',
      `somebody else has set ${settingWords(settings)} in ConfigMap ${change.params.ref.name}`,
    );
  return orTakenBack(tools, change, settings, restart(tools, change, ref, settings));
}

/** Throws where no restart would take the values up: then they must not be set. */
async function refuseUntaken(
  tools: Tools,
  ref: WorkloadRef,
  { object, params: { container } }: SetEnv,
  settings: readonly Setting[],
): Promise<void> {
  const workload = await readObject(tools, ref, object.uid);
  refuseNoRollout(workload, ref);
  for (const { variable } of settings)
    if (envNow(workload, container, variable) !== null)
      throw failure(
        'PreconditionChanged',
        `${variable} is set in the template of ${ref.kind} ${ref.name} by now: what a ConfigMap says does not count.`,
      );
}

/** Sets each to its `after`, by one write, unless somebody else has set another. */
function setValues(
  tools: Tools,
  { params: { ref } }: SetEnv,
  settings: readonly Setting[],
  begun = false,
): Promise<Compared<V1ConfigMap>> {
  const path = paths.configMap(ref.namespace, ref.name);
  const valueIn = ({ data }: V1ConfigMap, { key = '' }: Setting): string | null => data?.[key] ?? null;
  return compareAndSet<V1ConfigMap>(tools, {
    ...(begun && { begun }),
    read: () => tools.cluster.get<V1ConfigMap>(path, { signal: tools.context.signal }),
    judge: (now): Write | 'done' => {
      if (settings.every((setting) => valueIn(now, setting) === setting.after)) return 'done';
      for (const setting of settings) refuseSettingDrift(setting, valueIn(now, setting));
      const data = Object.fromEntries(settings.map(({ key = '', after }) => [key, after]));
      return { path, body: { metadata: versionOf(now), data }, type: 'application/merge-patch+json' };
    },
  });
}

function restart(
  tools: Tools,
  change: SetEnv,
  ref: WorkloadRef,
  settings: readonly Setting[],
): Promise<Effect> {
  const at = typeof change.fresh.at === 'string' ? change.fresh.at : tools.context.now().toISOString();
  return changeTemplate(tools, {
    ref,
    uid: change.object.uid,
    progressSeconds: change.params.progressSeconds,
    takesBack: undoes(change) !== undefined,
    done: `${settingWords(settings)} in ConfigMap ${change.params.ref.name}`,
    begun: true,
    unmistakable: true,
    isDone: (now) => isRestartedBy(now, change.id),
    // The values are set; a workload that has changed meanwhile must take them up all the same.
    refuseDrift: () => undefined,
    patch: () => ({ merge: restartPatch(change.id, at) }),
  });
}

/** What follows the first write. Where it fails for good before the restart was made, that write is taken back. */
async function orTakenBack<T>(
  tools: Tools,
  change: SetEnv,
  settings: readonly Setting[],
  work: Promise<T>,
): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!isFinal(failureType(error))) throw error;
    const restarted = await isRestarted(tools, change);
    if (restarted === true) throw error;
    throw await notTakenUp(tools, change, settings, { error, unseen: restarted === undefined });
  }
}

/** Whether the restart was made; undefined where that can't be read. */
async function isRestarted(tools: Tools, { id, object, params }: SetEnv): Promise<boolean | undefined> {
  try {
    return isRestartedBy(await readObject(tools, workloadRefOf(params.workload), object.uid), id);
  } catch (error) {
    const type = failureType(error);
    return type === 'TargetGone' || type === 'PreconditionChanged' ? false : undefined;
  }
}

/** The values go back, unless somebody else has set others since; and what is thrown says so. */
async function notTakenUp(
  tools: Tools,
  change: SetEnv,
  settings: readonly Setting[],
  { error, unseen }: { readonly error: unknown; readonly unseen: boolean },
): Promise<Error> {
  const said = messageOf(error);
  const type = failureType(error) ?? 'Unsupported';
  const { ref, workload } = change.params;
  const where = `in ConfigMap ${ref.name}`;
  const taken = shellCommand([
    'kubectl',
    ...kubectlWhere(workload),
    'rollout',
    'restart',
    kubectlName(workload),
  ]);
  const stays = `${settingWords(settings)} is set ${where}, and pods that run have not taken it up; to have it taken up: ${taken}`;
  // An undo has set back what was there before; another attempt may be at work where this one isn't wanted any more; and
  // where nobody can see whether the pods were replaced, they may have been.
  if (undoes(change) !== undefined || type === 'NotSent' || unseen)
    return failure(type, `${said} ${stays}`, error);
  try {
    const back = settings.map((one) => ({ ...one, before: one.after, after: one.before }));
    await setValues(tools, change, back, true);
    return failure(type, `${said} Nothing was changed: ${settingWords(back)} ${where} again.`, error);
  } catch (second) {
    tools.context.signal.throwIfAborted();
    return failure(type, `${said} It could not be set back: ${messageOf(second)} ${stays}`, error);
  }
}
