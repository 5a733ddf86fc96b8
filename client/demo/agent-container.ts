import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { freePort } from '../up/ports.js';

const MiB = 1024 ** 2;

/** What the demo's agent is given: a real limit, a cache that can be cleared, and a leak that only a restart ends. */
export const agent = {
  limitBytes: 192 * MiB,
  env: {
    AGENT_CACHE_FILL_BYTES: `${12 * MiB}`,
    AGENT_GARBAGE_BYTES: `${8 * MiB}`,
    AGENT_GC_INTERVAL_SECONDS: '3600',
    AGENT_LEAK_BYTES_PER_SECOND: `${6 * MiB}`,
    // Below the limit: a container that is killed while a person still reads the question shows nothing.
    AGENT_LEAK_MAX_BYTES: `${147 * MiB}`,
    AGENT_LEAK_ONCE_FILE: '/tmp/has-leaked',
  },
  port: 18_789,
} as const;

export const demoLabel = 'nightshift.demo';
export const ownerLabel = 'nightshift.demo.owner';

export interface AgentOptions {
  readonly image: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly adminToken: string;
}

/** The running agent. */
export interface Agent {
  readonly name: string;
  /** Where its endpoints are reached from here. */
  readonly url: string;
  /** Working set and limit, as `docker stats` counts them. */
  memory(): Promise<{ readonly used: number; readonly limit: number; readonly percent: number }>;
  remove(): Promise<void>;
}

/** The engine that the `docker` command would use. */
export function engine(): Docker {
  return new Docker();
}

/** Starts the agent's container. Its port is fixed, because a free one of Docker's choice changes with a restart. */
export async function startAgent(docker: Docker, options: AgentOptions): Promise<Agent> {
  const { image, name, labels, adminToken } = options;
  const host = engineHost();
  const port = await freePort('127.0.0.1');
  const container = await docker.createContainer({
    Image: image,
    name,
    Labels: { ...labels },
    Env: [...Object.entries(agent.env), ['AGENT_ADMIN_TOKEN', adminToken]].map(
      ([key, value]) => `${key}=${value}`,
    ),
    ExposedPorts: { [`${agent.port}/tcp`]: {} },
    HostConfig: {
      Memory: agent.limitBytes,
      MemorySwap: agent.limitBytes,
      RestartPolicy: { Name: 'unless-stopped' },
      PortBindings: {
        [`${agent.port}/tcp`]: [{ HostIp: host === '127.0.0.1' ? host : '', HostPort: `${port}` }],
      },
    },
  });
  const remove = () => removeContainer(docker, container.id);
  try {
    await container.start();
  } catch (error) {
    await remove();
    throw error;
  }
  return { name, url: `http://${host}:${port}`, memory: () => memoryOf(container), remove };
}

/** Waits until it answers; throws where it has not within 20 s. */
export async function untilHealthy({ url, name }: Agent, signal: AbortSignal): Promise<void> {
  const end = Date.now() + 20_000;
  for (;;) {
    signal.throwIfAborted();
    const answer = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) }).catch(
      () => undefined,
    );
    if (answer?.ok) return;
    if (Date.now() > end)
      throw new CliError(
        exitCodes.failed,
        `the agent at ${url} does not answer`,
        `Look at its log: docker logs ${name}`,
      );
    await sleep(200, undefined, { signal });
  }
}

/** Gone, whatever state it was in; one that is gone already is as good. */
export async function removeContainer(docker: Docker, id: string): Promise<void> {
  try {
    await docker.getContainer(id).remove({ force: true, v: true });
  } catch (error) {
    const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
    // 409: its removal is under way.
    if (status !== 404 && status !== 409) throw error;
  }
}

async function memoryOf(container: Docker.Container) {
  const { memory_stats: stats } = await container.stats({ stream: false, 'one-shot': true });
  const inactive = stats.stats?.total_inactive_file ?? stats.stats?.inactive_file ?? 0;
  const used = (stats.usage ?? 0) - inactive;
  return {
    used,
    limit: stats.limit ?? agent.limitBytes,
    percent: (used / (stats.limit ?? agent.limitBytes)) * 100,
  };
}

/** Where a published port is: on this machine, or on that of an engine reached by TCP. */
function engineHost(): string {
  const url = process.env.DOCKER_HOST ?? '';
  return url.startsWith('tcp://') ? new URL(url).hostname : '127.0.0.1';
}
