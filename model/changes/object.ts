import type { Change } from '../change.js';
import type { ContainerReading, DockerLook } from '../container.js';
import type { JsonObject } from '../json.js';

/** The thing that a change touches, as a change names it. */
export type ChangeObject = Change['object'];

/** The container with this key in the look, running or not. */
export function findContainer(look: DockerLook, key: string): ContainerReading | undefined {
  const { container, containers } = look.details;
  return container?.key === key ? container : containers.find((other) => other.key === key);
}

/**
 * The container in which the configured app runs: the target itself, or the one that the configuration names.
 * Undefined for a host or process without such a container.
 */
export function appContainer(look: DockerLook): ContainerReading | undefined {
  const { target, details, settings } = look;
  if (target.kind === 'container') return details.container;
  if (settings.container === undefined) return undefined;
  return [details.container, ...details.containers].find((one) => one?.name === settings.container);
}

/** What a call to the app's own endpoint touches: its container, or else the target itself. */
export function appObject(look: DockerLook): ChangeObject {
  const container = appContainer(look);
  return container === undefined
    ? { key: look.target.key, uid: look.identity.uid, name: look.identity.name }
    : containerObject(container);
}

export function containerObject(container: ContainerReading): ChangeObject {
  return { key: container.key, uid: container.id, name: container.name };
}

/** Why this container can't be acted upon, or null. `id` is the one that was planned for. */
export function containerRefusal(
  planned: { readonly key: string; readonly id: string; readonly name: string },
  look: DockerLook,
): string | null {
  const container = findContainer(look, planned.key);
  if (container === undefined) return `Container ${planned.name} is not there any more.`;
  if (container.id !== planned.id)
    return `Container ${planned.name} was replaced: it is ${short(container.id)} now, not ${short(planned.id)}.`;
  if (container.gap !== undefined)
    return `The state of container ${planned.name} could not be read: ${container.gap}.`;
  if (container.paused)
    return `Container ${planned.name} is paused: somebody stopped it on purpose. Unpause it first: docker unpause ${planned.name}`;
  return null;
}

/** Why the thing that the change names isn't as it was, or null. Also for a host or a process. */
export function objectRefusal(change: Change<JsonObject>, look: DockerLook): string | null {
  const { key, uid, name } = change.object;
  if (key === look.target.key && look.target.kind !== 'container')
    return look.identity.uid === uid ? null : `${name} is not what it was when this was planned.`;
  return containerRefusal({ key, id: uid, name }, look);
}

/** The same, and it must be running: for calls to the app in it. */
export function runningRefusal(change: Change<JsonObject>, look: DockerLook): string | null {
  const refusal = objectRefusal(change, look);
  if (refusal !== null) return refusal;
  const container = findContainer(look, change.object.key);
  if (container === undefined) return null;
  if (container.status !== 'running')
    return `Container ${container.name} is ${container.status}, not running: nothing in it could answer.`;
  return null;
}

function short(id: string): string {
  return id.slice(0, 12);
}
