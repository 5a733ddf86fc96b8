import type Docker from 'dockerode';
import { afterAll } from 'vitest';
import type { ReadContext } from '../../activities/adapter.js';
import { createDockerAdapter, type DockerAdapterOptions } from '../../activities/docker/adapter.js';
import { connectDocker } from '../../activities/docker/client.js';
import { createHostReader } from '../../activities/host/reader.js';
import type { ContainerSettings } from '../../model/container.js';
import type { Target } from '../../model/target.js';

/** Image with node on its PATH that scripts/ makes. */
const image = process.env.NIGHTSHIFT_AGENT_IMAGE ?? '';
const prefix = `ns-look-${process.pid}-`;

export const emptySettings: ContainerSettings = {
  caches: [],
  restartPolicy: 'recommend',
  hostProcesses: [],
  dataServices: [],
};

/** Containers of one test file on the engine that DOCKER_HOST names; all of them are removed at its end. */
export function dockerKit(url: string) {
  const engine = connectDocker({ name: 'local', url });
  const host = createHostReader();
  const { docker } = engine;
  const made: string[] = [];
  afterAll(async () => {
    const removed = made.map((id) => docker.getContainer(id).remove({ force: true, v: true }));
    await Promise.allSettled(removed);
    await host.kernelLog.close();
    engine.close();
  });
  return {
    engine,
    docker,
    host,
    name: (short: string): string => prefix + short,
    target: (short: string): Target => ({
      key: `docker/local/${prefix}${short}`,
      kind: 'container',
      scope: 'docker/local',
    }),
    adapter: (options: Partial<DockerAdapterOptions> = {}) =>
      createDockerAdapter({ docker: () => engine, host, protectedNames: [], ...options }),
    /** Starts `node -e script`. */
    async run(
      short: string,
      script: string,
      options: Docker.ContainerCreateOptions = {},
      flags: string[] = [],
    ): Promise<Docker.Container> {
      const container = await docker.createContainer({
        name: prefix + short,
        Image: image,
        Cmd: ['node', ...flags, '-e', script],
        ...options,
        // None of these tests needs one, and the engine is shared.
        HostConfig: { NetworkMode: 'none', ...options.HostConfig },
        Labels: { 'nightshift.dev': 'C', ...options.Labels },
      });
      made.push(container.id);
      await container.start();
      return container;
    },
  };
}

export function contextSince(since: Date): ReadContext {
  return { signal: new AbortController().signal, since: since.toISOString(), now: () => new Date() };
}

export const aMinuteAgo = (): ReadContext => contextSince(new Date(Date.now() - 60_000));

/** Asks again until it is so. */
export async function until(what: string, check: () => Promise<boolean>, seconds = 60): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await check())) {
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** Everything that a container has written. */
export async function output(container: Docker.Container): Promise<string> {
  return (await container.logs({ stdout: true, stderr: true, follow: false })).toString('utf8');
}
