import type { DockerEngine } from '../../activities/docker/client.js';
import { type Finding, tried } from './finding.js';

/** Whether the engine of a target answers, what it is, and whether it has the container. Changes nothing. */
export async function examineContainer(
  key: string,
  connect: () => DockerEngine,
  container: string | undefined,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const engine = await tried(key, 'Docker engine', signal, async () => {
    const info: unknown = await connect().call('read what the engine is', (docker) => docker.info(), {
      signal,
    });
    return engineWords(info);
  });
  if (engine.state !== 'ok' || container === undefined) return [engine];
  const there = await tried(key, `container ${container}`, signal, async () => {
    const found = await connect().call(
      `inspect container ${container}`,
      (docker, abortSignal) => docker.getContainer(container).inspect({ abortSignal }),
      { signal },
    );
    return found.State.Status;
  });
  return [engine, there];
}

function engineWords(info: unknown): string {
  const text = (name: string): string => {
    const value = typeof info === 'object' && info !== null ? Reflect.get(info, name) : undefined;
    return typeof value === 'string' ? value : '?';
  };
  return `${text('ServerVersion')} on ${text('OperatingSystem')}, cgroup v${text('CgroupVersion')} by ${text('CgroupDriver')}`;
}
