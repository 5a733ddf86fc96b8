import type { ChangeDraft, ChangeKind, FieldChange } from '../change.js';
import type { ContainerReading, DockerLook } from '../container.js';
import { bytes } from '../format.js';
import type { Json } from '../json.js';
import { containerObject, containerRefusal, findContainer } from './object.js';
import { shellCommand } from './shell.js';

/** Nothing besides the fields `memoryBytes` and `memorySwapBytes` (left out: leave the swap limit alone). */
export type MemoryLimitParams = Readonly<Record<string, never>>;

/** A limit is lowered only where use is at least so far below it: the kernel would refuse it, or kill. */
export const lowerHeadroom = 0.15;

/** The change that raises a container's limit; the swap that it may use on top of it stays the same. */
export function planMemoryLimit(
  container: ContainerReading & { readonly limitBytes: number },
  memoryBytes: number,
): ChangeDraft<MemoryLimitParams> {
  const object = containerObject(container);
  return {
    kind: 'container.memoryLimit',
    object,
    touches: [object.key],
    fields: [
      { name: 'memoryBytes', before: container.limitBytes, after: memoryBytes },
      ...swapField(container, memoryBytes),
    ],
    params: {},
    fresh: {},
  };
}

/** -1 (unlimited) and an unset swap limit stay as they are. */
function swapField(
  { limitBytes = 0, memorySwapBytes: swap }: ContainerReading,
  memoryBytes: number,
): readonly FieldChange[] {
  if (swap === undefined || swap <= 0) return [];
  return [{ name: 'memorySwapBytes', before: swap, after: memoryBytes + Math.max(0, swap - limitBytes) }];
}

export const memoryLimit: ChangeKind<MemoryLimitParams, DockerLook> = {
  kind: 'container.memoryLimit',
  title: "Set a container's memory limit",
  disruption(draft, look) {
    const { before, after } = memoryField(draft);
    if (after >= before) return { disruption: 'none', why: 'a limit is raised while the container runs' };
    return lowerRefusal(draft, look) === null
      ? { disruption: 'none', why: 'the container uses well below the lower limit' }
      : { disruption: 'outage', why: 'the kernel may kill what does not fit under the lower limit' };
  },
  describe(draft) {
    const { before, after } = memoryField(draft);
    return {
      sentence: `${after >= before ? 'Raise' : 'Lower'} the memory limit of container ${draft.object.name} from ${bytes(before)} to ${bytes(after)}`,
      command: shellCommand(['docker', 'update', ...flags(draft), draft.object.name]),
    };
  },
  precondition(change, look) {
    const { key, uid, name } = change.object;
    const refusal = containerRefusal({ key, id: uid, name }, look) ?? driftRefusal(change, look);
    if (refusal !== null) return refusal;
    if (isDone(change, look)) return null;
    const { before, after } = memoryField(change);
    return after > before ? roomRefusal(after - before, look) : lowerRefusal(change, look);
  },
  undo(change) {
    const { kind, object, touches, params } = change;
    const { before, after } = memoryField(change);
    if (after <= before) return { none: 'A limit that was lowered is not raised again by itself.' };
    const fields = change.fields.map((one) => ({ name: one.name, before: one.after, after: one.before }));
    return { kind, object, touches, fields, params, fresh: {} };
  },
  timeoutSeconds: () => 30,
};

function memoryField(draft: Pick<ChangeDraft, 'fields'>): { before: number; after: number } {
  return { before: numberIn(draft, 'before'), after: numberIn(draft, 'after') };
}

function numberIn(draft: Pick<ChangeDraft, 'fields'>, side: 'before' | 'after'): number {
  const value: Json | undefined = draft.fields.find(({ name }) => name === 'memoryBytes')?.[side];
  if (typeof value !== 'number') throw new TypeError('container.memoryLimit needs a field memoryBytes');
  return value;
}

function flags(draft: Pick<ChangeDraft, 'fields'>): string[] {
  const names: Record<string, string> = { memoryBytes: '--memory', memorySwapBytes: '--memory-swap' };
  return draft.fields.flatMap(({ name, after }) => [names[name] ?? `--${name}`, String(after)]);
}

function limitsNow(draft: ChangeDraft, look: DockerLook): Record<string, number | undefined> {
  const container = findContainer(look, draft.object.key);
  return { memoryBytes: container?.limitBytes, memorySwapBytes: container?.memorySwapBytes };
}

/** A change that was made already finds its own values: it needs no room any more, and is `alreadyDone`. */
function isDone(change: ChangeDraft, look: DockerLook): boolean {
  const now = limitsNow(change, look);
  return change.fields.every(({ name, after }) => now[name] === after);
}

/** Somebody else may have set a limit meanwhile: reported, not overwritten. */
function driftRefusal(change: ChangeDraft, look: DockerLook): string | null {
  const now = limitsNow(change, look);
  const other = change.fields.find(({ name, before, after }) => now[name] !== before && now[name] !== after);
  return other === undefined
    ? null
    : `${other.name} is ${now[other.name] ?? 'not set'} now, not ${String(other.before)}: somebody else has set it.`;
}

function roomRefusal(more: number, look: DockerLook): string | null {
  const { host, hostGap } = look.details;
  if (host === undefined)
    return `Whether the host has the room is not known: ${hostGap ?? 'its memory was not read'}.`;
  return host.memAvailableBytes >= more
    ? null
    : `The host has only ${bytes(host.memAvailableBytes)} available, ${bytes(more)} more were wanted.`;
}

function lowerRefusal(draft: ChangeDraft, look: DockerLook): string | null {
  const { after } = memoryField(draft);
  const used = findContainer(look, draft.object.key)?.workingSetBytes;
  if (used === undefined) return 'What the container uses is not known, so the limit is not lowered.';
  return used <= after * (1 - lowerHeadroom)
    ? null
    : `The container uses ${bytes(used)}, which is not 15 % below ${bytes(after)}: the limit stays.`;
}
