/** One provocation for real: the stand-in as a process, and what a look on a cluster would read of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Redis, withRedis } from '../../../activities/redis/client.js';
import { readSessions } from '../../../activities/redis/sessions.js';
import { parseAppMetrics } from '../../../activities/service/app-metrics.js';
import type { SessionReading } from '../../../model/kubernetes/details.js';
import type { Provocation } from './plan.js';

/** So much faster than life: a reading every half second stands for Prometheus's every 15 s. */
export const compression = 30;
const everyMs = 500;

/** Servers that all provocations share, as they would in a cluster. */
export interface Servers {
  readonly redisPort: number;
  readonly mongoPort?: number;
}

/** What was read, in compressed time: seconds before the end. */
export interface Recording {
  readonly provocation: Provocation;
  /** Resident bytes of the process. */
  readonly resident: readonly (readonly [second: number, bytes: number])[];
  readonly sessionCounts: readonly (readonly [second: number, count: number])[];
  readonly app: Readonly<Record<string, number>>;
  readonly sessions: SessionReading;
  readonly redisConnections: number;
  readonly mongoConnections?: number;
}

const running = new Set<ChildProcess>();

/** Ends what is left, after a test that was cut short. */
export function endAgents(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** Starts the stand-in, provokes, watches, reads, and ends it. `database` is its own in the shared Redis. */
export async function collect(
  provocation: Provocation,
  servers: Servers,
  database: number,
): Promise<Recording> {
  const url = `redis://127.0.0.1:${servers.redisPort}/${database}`;
  const name = `bruno-${provocation.seed}`;
  await withRedis({ url }, AbortSignal.timeout(10_000), (redis) => redis.send('FLUSHDB'));
  const agent = await startAgent(provocation, url, name, servers);
  try {
    for (const fault of provocation.faults) await post(agent.port, '/admin/faults', fault);
    const watched = await watch(agent, provocation);
    const settings = { url, match: 'bruno:session:*', heldBy: provocation.heldBy, shortenToSeconds: 3600 };
    const { reading } = await readSessions(settings, () => '', AbortSignal.timeout(10_000));
    const redisConnections = await withRedis({ url }, AbortSignal.timeout(10_000), (redis) =>
      connectionsOf(redis, name),
    );
    const mongo = servers.mongoPort === undefined ? undefined : socketsTo(agent.pid, servers.mongoPort);
    return {
      provocation,
      ...watched,
      app: await appFigures(agent.port),
      sessions: reading,
      redisConnections,
      ...(mongo !== undefined && { mongoConnections: mongo }),
    };
  } finally {
    agent.end();
  }
}

interface Agent {
  readonly pid: number;
  readonly port: number;
  end(): void;
}

async function startAgent(
  { environment, metrics }: Provocation,
  redisUrl: string,
  name: string,
  { mongoPort }: Servers,
): Promise<Agent> {
  const child = spawn('python3', ['-u', join(process.cwd(), 'examples/agent-bruno/agent.py')], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      PYTHONDONTWRITEBYTECODE: '1',
      PORT: '0',
      REDIS_URL: redisUrl,
      ...(mongoPort !== undefined && { MONGO_URL: `mongodb://127.0.0.1:${mongoPort}/bruno` }),
      APP_NAME: name,
      METRICS: metrics,
      REDIS_POOL_SIZE: '600',
      MONGO_POOL_SIZE: '600',
      CONTEXT_WINDOW: '100000',
      ...environment,
    },
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const port = await new Promise<number>((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => {
      text = (text + chunk.toString()).slice(-2000);
      const match = /listening on port (\d+)/.exec(text);
      if (match) resolve(Number(match[1]));
    });
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`agent-bruno ended with ${code}: ${text}`)));
  });
  return { pid: child.pid ?? 0, port, end: () => child.kill('SIGKILL') };
}

async function watch(
  { pid, port }: Agent,
  { seconds, metrics }: Provocation,
): Promise<Pick<Recording, 'resident' | 'sessionCounts'>> {
  const began = Date.now();
  const resident: [number, number][] = [];
  const counts: [number, number][] = [];
  while (Date.now() - began < seconds * 1000) {
    const at = Date.now();
    resident.push([at, residentOf(pid)]);
    // Prometheus has the number of sessions only where the app tells it.
    if (metrics === 'full') {
      const count = (await appFigures(port)).bruno_active_sessions;
      if (count !== undefined) counts.push([at, count]);
    }
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, at + everyMs - Date.now())));
  }
  const end = Date.now();
  const compressed = ([at, value]: [number, number]): [number, number] => [
    Math.round(((at - end) / 1000) * compression),
    value,
  ];
  return {
    resident: [...resident.map(compressed), [0, residentOf(pid)]],
    sessionCounts: counts.map(compressed),
  };
}

function residentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1]) * 4096;
}

async function appFigures(port: number): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
  return answer.ok ? parseAppMetrics(await answer.text()) : {};
}

async function post(port: number, path: string, body: object): Promise<void> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`POST ${path}: ${answer.status} ${await answer.text()}`);
}

/** All agents have one address here, so they are told apart by the name that they give themselves. */
async function connectionsOf(redis: Redis, name: string): Promise<number> {
  const text = String(await redis.send('CLIENT', 'LIST'));
  return text.split('\n').filter((line) => line.includes(` name=${name} `)).length;
}

/** Open sockets of the process to that port of this machine. */
function socketsTo(pid: number, port: number): number {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set(
    readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter((words) => words[2]?.endsWith(suffix) && words[3] === '01')
      .map((words) => `socket:[${words[9]}]`),
  );
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => inodes.has(linkOf(pid, fd))).length;
}

function linkOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return ''; // closed since
  }
}
