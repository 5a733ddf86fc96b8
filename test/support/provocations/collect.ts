/** One provocation for real: the stand-in as a process, and what a look on a cluster would read of it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { type Redis, withRedis } from '../../../activities/redis/client.js';
import { readSessions } from '../../../activities/redis/sessions.js';
import { parseAppMetrics } from '../../../activities/service/app-metrics.js';
import type { SessionReading } from '../../../model/kubernetes/details.js';
import type { Provocation } from './plan.js';
import { anonOf, filePagesOf, residentOf, socketsTo, sum } from './proc.js';

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
  /** Resident bytes, of all processes of the pod. */
  readonly resident: readonly (readonly [second: number, bytes: number])[];
  /** At the end: resident bytes of the largest process, and what all have besides files. */
  readonly largest: number;
  readonly anon: number;
  /** Pages of the files that they wrote, really in memory. */
  readonly filePages: readonly (readonly [second: number, bytes: number])[];
  /** What the app told over time, where Prometheus scrapes it. */
  readonly told: readonly (readonly [second: number, figures: Readonly<Record<string, number>>])[];
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
  const agents: Agent[] = [];
  try {
    for (let i = 0; i < provocation.workers; i += 1)
      agents.push(await startAgent(provocation, url, name, servers));
    const watched = await provoked(agents, provocation);
    const settings = { url, match: 'bruno:session:*', heldBy: provocation.heldBy, shortenToSeconds: 3600 };
    const { reading } = await readSessions(settings, () => '', AbortSignal.timeout(10_000));
    const redisConnections = await withRedis({ url }, AbortSignal.timeout(10_000), (redis) =>
      connectionsOf(redis, name),
    );
    const { mongoPort } = servers;
    return {
      provocation,
      ...watched,
      largest: Math.max(...agents.map(({ pid }) => residentOf(pid))),
      anon: sum(agents.map(({ pid }) => anonOf(pid))),
      app: await appFigures(agents[0]?.port ?? 0),
      sessions: reading,
      redisConnections,
      ...(mongoPort !== undefined && {
        mongoConnections: sum(agents.map(({ pid }) => socketsTo(pid, mongoPort))),
      }),
    };
  } finally {
    for (const agent of agents) agent.end();
  }
}

/** What it is to hold is taken before the watch begins; each worker has its share of the rest. */
async function provoked(agents: readonly Agent[], provocation: Provocation): Promise<Watched> {
  const { held, faults, quiet, workers } = provocation;
  const begin = async (orders: Provocation['faults']): Promise<void> => {
    for (const { port } of agents)
      for (const order of orders)
        await post(port, '/admin/faults', {
          ...order,
          size: order.size / workers,
          speed: order.speed / workers,
        });
  };
  await begin(held);
  for (const { port } of agents) await whenHeld(port);
  const watching = watch(agents, provocation);
  await sleep(quiet * 1000);
  await begin(faults);
  return watching;
}

async function whenHeld(port: number): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 200) {
    const answer = await fetch(`http://127.0.0.1:${port}/admin/faults`);
    if (!(await answer.text()).includes('"running": true')) return;
    await sleep(200);
  }
  throw new Error('what it is to hold was not taken within 30 s');
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));
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

type Watched = Pick<Recording, 'resident' | 'sessionCounts' | 'filePages' | 'told'>;

async function watch(
  agents: readonly Agent[],
  { seconds, metrics, scraped, faults }: Provocation,
): Promise<Watched> {
  const began = Date.now();
  const resident: [number, number][] = [];
  const pages: [number, number][] = [];
  const told: [number, Readonly<Record<string, number>>][] = [];
  const withFiles = faults.some(({ kind }) => kind === 'files');
  while (Date.now() - began < seconds * 1000) {
    const at = Date.now();
    resident.push([at, sum(agents.map(({ pid }) => residentOf(pid)))]);
    if (withFiles) pages.push([at, sum(agents.map(({ pid }) => filePagesOf(pid)))]);
    const [agent] = agents;
    if (metrics !== 'off' && agent !== undefined) {
      // One that does not answer in time is a scrape that failed, as it would be Prometheus's.
      const figures = await appFigures(agent.port).catch(() => undefined);
      if (figures !== undefined) told.push([at, figures]);
    }
    await sleep(at + everyMs - Date.now());
  }
  const end = Date.now();
  resident.push([end, sum(agents.map(({ pid }) => residentOf(pid)))]);
  if (withFiles) pages.push([end, sum(agents.map(({ pid }) => filePagesOf(pid)))]);
  const compressed = <T>([at, value]: readonly [number, T]): readonly [number, T] => [
    Math.round(((at - end) / 1000) * compression),
    value,
  ];
  // Prometheus has the number of sessions only where the app tells it.
  const counts = told.flatMap(([at, { bruno_active_sessions: count }]) =>
    count === undefined ? [] : [[at, count] as const],
  );
  return {
    resident: resident.map(compressed),
    filePages: pages.map(compressed),
    told: scraped ? told.map(([at, figures]) => compressed([at, keptOver(figures)])) : [],
    sessionCounts: counts.map(compressed),
  };
}

/** What a look reads of the app's figures over time. */
function keptOver(figures: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  const kept = /(?:context|session|cache)_bytes$|pool_connections$|in_flight_requests$|^process_resident/;
  return Object.fromEntries(Object.entries(figures).filter(([name]) => kept.test(name)));
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
