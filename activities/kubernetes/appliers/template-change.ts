import type { V1StatefulSet } from '@kubernetes/client-node';
import type { Change, Effect } from '../../../model/change.js';
import { type PlannedTemplate, templateMoved } from '../../../model/changes/kubernetes/planned-template.js';
import type { JsonObject } from '../../../model/json.js';
import { effect } from '../../docker/appliers/effects.js';
import { failure } from '../../failure.js';
import { paths } from '../paths.js';
import { templateDigest } from '../template-digest.js';
import { templateOf, type Workload } from '../workload.js';
import { followRollout, stuckTime } from './follow.js';
import { currentRevision } from './pods-of.js';
import type { Tools } from './tools.js';
import { orUnseen, unseenWords } from './unseen.js';
import { evictedOf, unstick } from './unstick.js';
import { readObject, versionOf, type WorkloadRef } from './workload-object.js';
import { compareAndSet, type Write } from './write.js';

/** A change of a workload's template, which replaces all its pods. */
export interface TemplateChange {
  readonly ref: WorkloadRef;
  readonly uid: string;
  readonly progressSeconds: number;
  /** What was done, for people: `limits.memory 160Mi → 320Mi`. */
  readonly done: string;
  /** The template is as this change makes it. */
  isDone(workload: Workload): boolean;
  /** Only this change makes a template like that, so found done it is ours. */
  readonly unmistakable?: boolean;
  /** Throws where it is neither as planned nor as wanted. */
  refuseDrift(workload: Workload): void;
  /** What is sent, without the version that it is made for: a strategic merge, or operations where all is replaced. */
  patch(): TemplatePatch;
  /** A part of this change was sent before this one. */
  readonly begun?: boolean;
  /** It takes back a change whose rollout went wrong, and whose pods may stand in the way. */
  readonly takesBack?: boolean;
}

export type TemplatePatch = { readonly merge: JsonObject } | { readonly operations: readonly JsonObject[] };

/** Changes the template once, and follows the rollout to its end. What went wrong is in the effect: `details.failed`. */
export async function changeTemplate(tools: Tools, change: TemplateChange): Promise<Effect> {
  const { ref, uid, isDone } = change;
  const first = await readObject(tools, ref, uid);
  refuseNoRollout(first, ref);
  if (isDone(first) && !tools.sentBefore && change.unmistakable !== true)
    return effect(tools.context, 'alreadyDone', `it was so before: ${change.done}`);
  await noteBefore(tools, change, first);
  await send(tools, change);
  return tell(tools, change);
}

/** What must be known of the time before, noted once: a later attempt finds the template changed. */
async function noteBefore(tools: Tools, { ref, isDone }: TemplateChange, first: Workload): Promise<void> {
  if (isDone(first) || tools.journal.notes.before !== undefined) return;
  const revision = await currentRevision(tools, ref, first);
  const stuck = stuckTime(first);
  tools.journal.note({
    before: { ...(revision !== undefined && { revision }), ...(stuck !== undefined && { stuck }) },
  });
}

async function send(tools: Tools, change: TemplateChange): Promise<void> {
  const { ref, uid, begun } = change;
  await compareAndSet<Workload>(tools, {
    ...(begun !== undefined && { begun }),
    read: () => readObject(tools, ref, uid),
    judge: (now) => {
      if (change.isDone(now)) return 'done';
      change.refuseDrift(now);
      return { path: paths.workload(ref.namespace, ref.kind, ref.name), ...versioned(change.patch(), now) };
    },
  });
}

/** Made for this very state, so that of two attempts that read the same only one can change it. */
function versioned(patch: TemplatePatch, now: Workload): Pick<Write, 'body' | 'type'> {
  const version = versionOf(now);
  if ('merge' in patch)
    return { body: { ...patch.merge, metadata: version }, type: 'application/strategic-merge-patch+json' };
  const same = { op: 'replace', path: '/metadata/resourceVersion', value: version.resourceVersion };
  return { body: [same, ...patch.operations], type: 'application/json-patch+json' };
}

async function tell(tools: Tools, change: TemplateChange): Promise<Effect> {
  const { ref, uid, progressSeconds } = change;
  const { revision, stuck } = notedBefore(tools);
  const mine = (workload: Workload): boolean => change.isDone(workload);
  const end = await orUnseen(() =>
    followRollout(tools, {
      ref,
      uid,
      progressSeconds,
      mine,
      ...(stuck !== undefined && { stuckBefore: stuck }),
      ...(change.takesBack === true && { help: unstick(tools, ref, mine) }),
    }),
  );
  const evicted = evictedOf(tools);
  const details: JsonObject = {
    ...(revision !== undefined && { previousRevision: revision }),
    ...(evicted.length > 0 && { evicted }),
  };
  const freed = evicted.length === 0 ? '' : `, of which ${evicted.length} had to be evicted for it`;
  if (end.end === 'unseen')
    return effect(tools.context, 'applied', `${change.done}; ${unseenWords(end)}`, {
      ...details,
      unseen: true,
    });
  if (end.end === 'superseded') return effect(tools.context, 'superseded', end.said, details);
  if (end.end === 'done')
    return effect(tools.context, 'applied', `${change.done}; ${end.words}${freed} after ${end.seconds} s`, {
      ...details,
      seconds: end.seconds,
    });
  const late = end.deadline ? ', and its progress deadline has passed' : '';
  return effect(tools.context, 'applied', `${change.done}, but its rollout went wrong: ${end.said}${late}`, {
    ...details,
    failed: true,
    why: end.why,
    said: end.said,
    deadline: end.deadline,
    ...(end.pod !== undefined && { pod: end.pod }),
  });
}

function notedBefore({ journal }: Tools): { readonly revision?: string; readonly stuck?: string } {
  const { before } = journal.notes;
  if (typeof before !== 'object' || before === null || Array.isArray(before)) return {};
  const { revision, stuck } = before as JsonObject;
  return {
    ...(typeof revision === 'string' && { revision }),
    ...(typeof stuck === 'string' && { stuck }),
  };
}

/** Throws where the template is no longer the one that a change of it as a whole was planned for. */
export function refuseMoved(
  change: Pick<Change<PlannedTemplate>, 'generation' | 'params' | 'object'>,
  workload: Workload,
): void {
  const moved = templateMoved(change, {
    name: change.object.name,
    generation: workload.metadata?.generation ?? 0,
    templateDigest: templateDigest(templateOf(workload)),
  });
  if (moved !== null) throw failure('PreconditionChanged', moved);
}

/** Throws where a template is taken up only by pods that somebody deletes: there is no rollout to follow. */
export function refuseNoRollout(workload: Workload, { kind, name }: WorkloadRef): void {
  if (kind === 'Deployment') return;
  const { updateStrategy } = (workload as V1StatefulSet).spec ?? {};
  const partition = updateStrategy?.rollingUpdate?.partition ?? 0;
  if (updateStrategy?.type === 'OnDelete')
    throw failure(
      'Unsupported',
      `${kind} ${name} has the update strategy OnDelete: its pods take up a template only when they are deleted.`,
    );
  if (partition > 0)
    throw failure(
      'Unsupported',
      `${kind} ${name} has the partition ${partition}: a rollout would stop half-way. Somebody is rolling it out in steps.`,
    );
}
