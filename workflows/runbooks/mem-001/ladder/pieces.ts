import { appContainer } from '../../../../model/changes/object.js';
import type { ContainerReading, DockerLook } from '../../../../model/container.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import { theBloated } from '../../../../model/memory/ranking.js';
import { killsOf } from '../figures.js';

/** The name of the most likely cause, or undefined where it can't be told. */
export function leading(diagnosis: Diagnosis): string | undefined {
  return diagnosis.causes[0]?.name;
}

/**
 * The container that a remedy would act upon: the target itself, on a host the one that ranks first among those
 * that may be chosen. Otherwise the reason why there is none, for people.
 */
export function chosenContainer(look: DockerLook): ContainerReading | { readonly skip: string } {
  if (look.target.kind === 'container')
    return look.details.container ?? { skip: 'the container was not read' };
  if (look.target.kind === 'hostProcess') return { skip: 'the target is a process on the host' };
  return (
    theBloated(look)?.container ?? {
      skip: 'no container that may be chosen holds enough of the memory to help',
    }
  );
}

/** Why the app can't be called, or null: a stopped or paused container answers nothing. */
export function silent(look: DockerLook): string | null {
  const container = appContainer(look);
  if (container === undefined) return look.target.kind === 'container' ? 'the container was not read' : null;
  if (container.paused) return `${container.name} is paused`;
  return container.status === 'running' ? null : `${container.name} is ${container.status}, not running`;
}

/** Why no restart helps, or null: load that is served honestly fills the memory again at once. */
export function honestLoad(look: DockerLook, diagnosis: Diagnosis): string | null {
  return leading(diagnosis) === 'traffic-peak' && killsOf(look).length === 0
    ? 'it is busy, not leaking: a restart drops its requests, and the memory comes back'
    : null;
}
