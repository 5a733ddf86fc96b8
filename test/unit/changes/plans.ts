import { type Change, type ChangeDraft, type ChangeKind, completeChange } from '../../../model/change.js';
import { planCacheClear } from '../../../model/changes/cache-clear.js';
import { planContainerRestart } from '../../../model/changes/container-restart.js';
import { planGcRun } from '../../../model/changes/gc-run.js';
import { dockerKinds } from '../../../model/changes/index.js';
import { planMemoryLimit } from '../../../model/changes/memory-limit.js';
import { planRestartPolicy } from '../../../model/changes/restart-policy.js';
import { planServiceDegrade } from '../../../model/changes/service-degrade.js';
import { planServiceRestart } from '../../../model/changes/service-restart.js';
import type { DockerLook } from '../../../model/container.js';
import type { JsonObject } from '../../../model/json.js';
import { container, containerLook, fullSettings, MiB, process, scope } from '../mem-001/looks.js';

/** The change as its kind makes it whole. */
export const whole = (draft: ChangeDraft, look: DockerLook): Change => {
  const kind: ChangeKind<JsonObject, DockerLook> | undefined = Object.values(dockerKinds).find(
    (one) => one.kind === draft.kind,
  );
  if (kind === undefined) throw new Error(draft.kind);
  return completeChange(kind, draft, look, { id: 'abcd/1', remedy: 'r' });
};

/** Null, or why the change may not go ahead on that look. */
export const refusal = (draft: ChangeDraft, planned: DockerLook, fresh: DockerLook): string | null => {
  const change = whole(draft, planned);
  const kind: ChangeKind<JsonObject, DockerLook> | undefined = Object.values(dockerKinds).find(
    (one) => one.kind === change.kind,
  );
  return kind === undefined ? 'no kind' : kind.precondition(change, fresh);
};

export const look = containerLook({ settings: fullSettings });
export const agent = look.details.container ?? container();
const [firstCache] = fullSettings.caches;
const [firstProcess] = fullSettings.hostProcesses;
if (
  firstCache === undefined ||
  firstProcess === undefined ||
  fullSettings.degrade === undefined ||
  fullSettings.gc === undefined
)
  throw new Error('settings');
export const cache = firstCache;
export const indexer = firstProcess;
export const { degrade, gc } = fullSettings;

/** One change of each kind that a container can have. */
export const drafts = {
  'cache.clear': planCacheClear(look, cache),
  'gc.run': planGcRun(look, gc, process()),
  'service.degrade': planServiceDegrade(look, degrade),
  'container.memoryLimit': planMemoryLimit({ ...agent, limitBytes: 256 * MiB }, 512 * MiB),
  'container.restart': planContainerRestart(agent, fullSettings.drain),
  'container.restartPolicy': planRestartPolicy({ ...agent, restartPolicy: 'no' }),
  'service.restart': planServiceRestart(scope, 'shop', [container('db'), agent], []),
} satisfies Record<string, ChangeDraft>;
