import type { ContainerSettings, Endpoint, GcSettings } from '../model/container.js';
import { defaultSeconds, emptyContainerSettings } from './defaults.js';
import type { ContainerInput, EndpointInput } from './schema/container.js';

/** A container's settings as the product uses them. `container` is the one that the endpoints belong to. */
export function containerSettings(input: ContainerInput, container: string | undefined): ContainerSettings {
  const { caches, degrade, hostProcesses } = input;
  const read = (said: EndpointInput | undefined) =>
    said === undefined ? undefined : endpointOf(said, 'GET', defaultSeconds.endpoint);
  const call = (said: EndpointInput) => endpointOf(said, 'POST', defaultSeconds.endpoint);
  return defined({
    ...emptyContainerSettings,
    container,
    caches: (caches ?? []).map((cache) => ({ ...cache, endpoint: call(cache.endpoint) })),
    gc: input.gc && gcOf(input.gc),
    degrade: degrade && { on: call(degrade.on), off: call(degrade.off), features: degrade.features },
    drain: input.drain === undefined ? undefined : endpointOf(input.drain, 'POST', defaultSeconds.drain),
    health: read(input.health),
    probe: read(input.probe),
    metrics: read(input.metrics),
    restartPolicy: input.restartPolicy ?? emptyContainerSettings.restartPolicy,
    maxMemoryBytes: input.maxMemory,
    service: input.service,
    hostProcesses: (hostProcesses ?? []).map(({ name, process, restart, timeout }) => ({
      name,
      process,
      restartArgv: restart,
      timeoutSeconds: timeout ?? defaultSeconds.hostProcessRestart,
    })),
    dataServices: input.dataServices ?? [],
  });
}

function gcOf(gc: NonNullable<ContainerInput['gc']>): GcSettings {
  if (gc.via !== 'endpoint') return gc;
  return { ...gc, endpoint: endpointOf(gc.endpoint, 'POST', defaultSeconds.drain) };
}

function endpointOf(said: EndpointInput, method: Endpoint['method'], timeoutSeconds: number): Endpoint {
  if (typeof said === 'string') return { method, url: said, timeoutSeconds };
  const { expect } = said;
  return defined({
    method: said.method ?? method,
    url: said.url,
    body: said.body,
    bearerSecret: said.bearer,
    timeoutSeconds: said.timeout ?? timeoutSeconds,
    expect: expect && defined({ status: expect.status, bodyContains: expect.contains }),
  });
}

/** Without the members that are undefined, so that it is the same before and after a trip through JSON. */
export function defined<T extends object>(value: T): T {
  const copy = { ...value };
  for (const key of Object.keys(copy) as (keyof T)[]) if (copy[key] === undefined) delete copy[key];
  return copy;
}
