import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { bytes, percent } from '../../model/format.js';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { writePrivate } from '../up/files.js';
import {
  agent as agentSettings,
  demoLabel,
  engine,
  ownerLabel,
  startAgent,
  untilHealthy,
} from './agent-container.js';
import { configText, targetKey } from './config.js';
import { ownerOf, removeLeftovers } from './leftovers.js';
import type { StageHands, Subject } from './subject.js';

/** The example agent as a container of the engine that `docker` would use. */
export async function containerSubject({ io, step, atEnd, id, folder }: StageHands): Promise<Subject> {
  const image = io.env.NIGHTSHIFT_AGENT_IMAGE;
  if (!image)
    throw new CliError(
      exitCodes.usage,
      'the demo needs the example agent’s image, and NIGHTSHIFT_AGENT_IMAGE names none',
      'Run it with `npm run demo`, which makes the image (and finds or starts a Docker engine).',
    );
  const docker = engine();
  await docker.ping().catch((error: Error) => {
    throw new CliError(
      exitCodes.usage,
      `no Docker engine can be reached: ${error.message}`,
      'Start one, or set DOCKER_HOST; `npm run demo` does what it can.',
    );
  });
  await removeLeftovers(docker, step);
  const adminToken = randomBytes(16).toString('hex');
  const adminTokenFile = join(folder, 'agent-admin.token');
  await writePrivate(adminTokenFile, adminToken);
  const name = `agent-${id}`;
  const labels = { [demoLabel]: id, [ownerLabel]: ownerOf() };
  const agent = await startAgent(docker, { image, name, labels, adminToken });
  atEnd(() => agent.remove());
  return {
    targetKey: targetKey(name),
    told: `A small agent runs as container ${name} with a limit of ${bytes(agentSettings.limitBytes)}, and leaks.`,
    lookAt: `agent ${agent.url}/metrics`,
    logCommand: `docker logs ${name}`,
    unattendedMs: 225_000,
    untilReady: (signal) => untilHealthy(agent, signal),
    memory: () => agent.memory(),
    configText: (around) =>
      configText({ env: io.env, container: name, url: agent.url, adminTokenFile, ...around }),
    alert: (use) => ({
      labels: {
        alertname: 'ContainerMemoryExhausted',
        name,
        runbook: 'MEM-001',
        severity: 'critical',
        signal: 'container-memory',
      },
      summary: `${name} uses ${bytes(use.used)}, ${percent(use.percent)} of its limit`,
    }),
  };
}
