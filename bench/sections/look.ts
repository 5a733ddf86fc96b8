import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { takeLook } from '../../activities/incident/look.js';
import { type Config, loadConfig } from '../../config/index.js';
import type { Target } from '../../model/target.js';
import { connectEngines } from '../../worker/engines.js';
import { hostReader } from '../../worker/host.js';
import { createRegistry } from '../../worker/registry.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { percentile, timed } from '../statistics.js';

export const title = 'A real look, at a container and at its host';

const engineUrl = process.env.DOCKER_HOST;
const image = process.env.NIGHTSHIFT_AGENT_IMAGE;

/** Why there is nothing to look at, if so. */
export function skipped(): string | undefined {
  return engineUrl && image
    ? undefined
    : 'needs a Docker engine and an image with node: DOCKER_HOST and NIGHTSHIFT_AGENT_IMAGE';
}

export async function measure({ quick, progress }: Lab): Promise<readonly Row[]> {
  const name = `nightshift-bench-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-bench-look-'));
  const file = join(folder, 'nightshift.yaml');
  writeFileSync(file, configuration(name));
  const config: Config = loadConfig(file);
  const engines = connectEngines(() => config);
  const host = hostReader();
  const registry = createRegistry({ config: () => config, engines, host, extensions: [] });
  const { docker } = engines.docker('docker/local');
  progress('starting a container');
  const container = await docker.createContainer({
    name,
    Image: image ?? '',
    Cmd: ['node', '-e', 'process.on("SIGTERM", () => process.exit(0)); setInterval(() => {}, 1000)'],
    Labels: { 'nightshift.bench': String(process.pid) },
    HostConfig: { Memory: 128 * 2 ** 20 },
  });
  try {
    await container.start();
    const rows: Row[] = [];
    for (const [what, target] of [
      ['a container', { key: `docker/local/${name}`, kind: 'container', scope: 'docker/local' }],
      ['the host', { key: 'docker/local', kind: 'host', scope: 'docker/local' }],
    ] as const) {
      progress(`looking at ${what}`);
      rows.push(
        ...(await looks(what, target, quick ? 5 : 20, (at) => takeLook(registry, request(at), never))),
      );
    }
    return rows;
  } finally {
    await container.remove({ force: true, v: true });
    engines.close();
    await host.kernelLog.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const never = new AbortController().signal;

function request(target: Target) {
  const since = new Date(Date.now() - 900_000).toISOString();
  return { target, runbook: 'MEM-001', why: 'bench', since };
}

async function looks(
  what: string,
  target: Target,
  count: number,
  look: (target: Target) => Promise<object>,
): Promise<readonly Row[]> {
  const times: number[] = [];
  let bytes = 0;
  for (let n = 0; n < count; n += 1) {
    const { ms, value } = await timed(() => look(target));
    times.push(ms);
    bytes = Math.max(bytes, JSON.stringify(value).length);
  }
  return [
    {
      what: `${what}, p50`,
      value: percentile(times, 50),
      unit: 'ms',
      note: `p99 ${percentile(times, 99).toFixed(0)} ms, first ${times[0]?.toFixed(0)} ms`,
    },
    { what: `${what}, size of the look`, value: bytes / 1024, unit: 'kB', goal: { atMost: 64 } },
  ];
}

function configuration(name: string): string {
  return `engines: { local: '${engineUrl}' }
targets:
  - { engine: local, container: ${name}, autonomy: observe }
  - { engine: local, host: true, autonomy: observe }
`;
}
