import type Docker from 'dockerode';
import { failure } from '../../failure.js';
import type { DockerEngine } from '../client.js';

/** One event of a container, as the engine tells it. */
export interface EngineEvent {
  /** `kill`, `die`, `stop`, `start`, `restart`, `oom`, … */
  readonly action: string;
  /** Milliseconds by the engine's own clock: compared only with other times of that clock. */
  readonly at: number;
  readonly signal?: string;
  readonly exitCode?: number;
}

/** The engine's clock now, as the engine writes it. */
export async function engineClock(engine: DockerEngine, signal?: AbortSignal): Promise<string> {
  const info: unknown = await engine.call('read the clock', (docker) => docker.info(), { signal });
  const time = field(info, 'SystemTime');
  if (typeof time === 'string' && !Number.isNaN(Date.parse(time))) return time;
  throw failure('Unsupported', `Engine ${engine.address.name} does not tell its time (SystemTime in /info).`);
}

/**
 * Events of one container from `since` (engine time) until now, oldest first. The engine keeps its last 256 events
 * of all containers, and none over its own restart: what isn't there may have happened all the same.
 */
export async function containerEvents(
  engine: DockerEngine,
  id: string,
  since: string,
  signal?: AbortSignal,
): Promise<readonly EngineEvent[]> {
  const until = await engineClock(engine, signal);
  const filters: EventOptions['filters'] = { type: ['container'], container: [id] };
  const text = await engine.call(
    'read the events',
    async (docker, abortSignal) => textOf(await getEvents(docker, { since, until, filters, abortSignal })),
    { signal },
  );
  return text.split('\n').flatMap((line) => parseEvent(line) ?? []);
}

interface EventOptions {
  readonly since: string;
  readonly until: string;
  readonly filters: { type: 'container'[]; container: string[] };
  readonly abortSignal: AbortSignal;
}

/** `2026-03-10T12:00:00.123456789Z` as the engine's events want it: `1773144000.123456789`. */
export function unixTime(time: string): string {
  const nanos = /\.(\d{1,9})/.exec(time)?.[1] ?? '0';
  return `${Math.floor(Date.parse(time) / 1000)}.${nanos.padEnd(9, '0')}`;
}

function getEvents(docker: Docker, options: EventOptions): Promise<NodeJS.ReadableStream> {
  const { since, until, filters, abortSignal } = options;
  // As text, with their nanoseconds: the types of dockerode know only whole seconds.
  const times: object = { since: unixTime(since), until: unixTime(until) };
  return docker.getEvents(Object.assign({ filters, abortSignal }, times));
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function parseEvent(line: string): EngineEvent | undefined {
  if (line.trim() === '') return undefined;
  const event: unknown = JSON.parse(line);
  const [action, nanos] = [field(event, 'Action'), field(event, 'timeNano')];
  if (typeof action !== 'string' || typeof nanos !== 'number') return undefined;
  const attributes = field(field(event, 'Actor'), 'Attributes');
  const [signal, exitCode] = [field(attributes, 'signal'), field(attributes, 'exitCode')];
  return {
    action,
    at: nanos / 1e6,
    ...(typeof signal === 'string' ? { signal } : {}),
    ...(typeof exitCode === 'string' ? { exitCode: Number(exitCode) } : {}),
  };
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
