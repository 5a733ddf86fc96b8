import type { ContainerReading } from '../../model/container.js';
import { inFlight } from '../service/app-metrics.js';
import type { ContainerEvent } from './events.js';
import { isDataService } from './roles.js';

export interface Surroundings {
  /** Every running container of the host. */
  readonly containers: readonly ContainerReading[];
  readonly events: readonly ContainerEvent[];
  readonly app: Readonly<Record<string, number>>;
  readonly dataServices: readonly string[];
  /** Milliseconds since the epoch, by the engine's clock. */
  readonly engineNowMs: number;
}

/** What a restart of this container would cut into, in words. */
export function goingOnIn(container: ContainerReading, around: Surroundings): string[] {
  const { execs, name } = container;
  const requests = inFlight(around.app).map(
    ({ name: metric, value }) => `${value} requests in flight (${metric})`,
  );
  return [
    ...requests,
    ...(execs > 0 ? [`${execs} open exec ${execs === 1 ? 'session' : 'sessions'} in ${name}`] : []),
    ...composeOperations(around, (project) => project === container.composeProject),
    ...dependents(container, around.containers),
    ...(isDataService(container, around.dataServices) ? [`${name} is a data service`] : []),
  ];
}

/**
 * The same for a whole host, where the container is yet to be chosen: sessions and compose operations anywhere, and
 * what there is around the largest container that may be chosen.
 */
export function goingOnOnHost(around: Surroundings): string[] {
  const free = around.containers.filter(
    (one) => one.protected === undefined && !isDataService(one, around.dataServices),
  );
  const largest = [...free].sort((a, b) => (b.workingSetBytes ?? 0) - (a.workingSetBytes ?? 0))[0];
  const others = free
    .filter(({ execs, id }) => execs > 0 && id !== largest?.id)
    .map(({ execs, name }) => `${execs} open exec ${execs === 1 ? 'session' : 'sessions'} in ${name}`);
  const all = [
    ...(largest ? goingOnIn(largest, around) : []),
    ...others,
    ...composeOperations(around, () => true),
  ];
  return [...new Set(all)];
}

/** Containers created or removed within this time mean that `docker compose up` or `down` is under way. */
const operationMs = 60_000;

function composeOperations(around: Surroundings, concerns: (project: string) => boolean): string[] {
  const since = around.engineNowMs - operationMs;
  const touched = around.events.filter(
    ({ action, atMs, composeProject, oneOff }) =>
      (action === 'create' || action === 'destroy') &&
      atMs >= since &&
      composeProject !== undefined &&
      !oneOff &&
      concerns(composeProject),
  );
  const projects = [...new Set(touched.map(({ composeProject }) => composeProject))];
  return projects.map((name) => {
    const names = [...new Set(touched.filter((one) => one.composeProject === name).map((one) => one.name))];
    return `a compose operation on project ${name} within the last minute (${names.slice(0, 5).join(', ')})`;
  });
}

/** Containers that compose starts after this one because they need it. */
function dependents(container: ContainerReading, all: readonly ContainerReading[]): string[] {
  const { composeProject: project, composeService: service } = container;
  if (project === undefined || service === undefined) return [];
  return all
    .filter((other) => other.composeProject === project && other.dependsOn.includes(service))
    .map(({ name }) => `${name} depends on it`);
}
