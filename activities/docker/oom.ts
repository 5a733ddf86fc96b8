import type { OomKill } from '../../model/container.js';
import type { LoggedKill } from '../host/oom-log.js';
import type { ContainerEvent } from './events.js';

/** What is known of one container's ends, besides log and events. */
export interface Ends {
  readonly id: string;
  readonly name: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly running: boolean;
  readonly oomKilled: boolean;
  readonly exitCode: number;
  readonly restartCount: number;
  /** Kills in the cgroup since `startedAt`. */
  readonly cgroupKills?: number;
}

export interface Witnesses {
  /** Kernel log; empty where it could not be read or is another host's. */
  readonly logged: readonly LoggedKill[];
  readonly events: readonly ContainerEvent[];
  readonly containers: readonly Ends[];
  /** Kills from here on are recent. Milliseconds since the epoch. */
  readonly sinceMs: number;
}

interface Found {
  atMs?: number;
  id?: string;
  name?: string;
  pid?: number;
  process?: string;
  witnesses: Set<string>;
}

/** Kernel, engine and counters tell of one kill within this time of each other. Milliseconds. */
const together = 5_000;

/**
 * One list of OOM kills from all their witnesses, the oldest first. A kill is proven by the kernel log, the cgroup's
 * counter, an `oom` event or State.OOMKilled. Exit code 137 and restarts only add to a kill that is proven: both
 * also come from `docker kill` and from a stop that ran out of its grace time.
 */
export function reconcileKills({ logged, events, containers, sinceMs }: Witnesses): OomKill[] {
  const found: Found[] = logged.map((kill) => fromLog(kill, containers));
  for (const event of events) if (event.action === 'oom') witness(found, event, event.atMs, 'docker event');
  for (const ends of containers) {
    noteState(found, ends);
    noteCounter(found, ends, sinceMs);
  }
  for (const event of events) noteDeath(found, event);
  for (const ends of containers) noteRestarts(found, ends, events);
  return found
    .sort((a, b) => (a.atMs ?? 0) - (b.atMs ?? 0))
    .map((kill) => ({
      ...(kill.atMs === undefined ? {} : { at: new Date(kill.atMs).toISOString() }),
      ...(kill.id ? { containerId: kill.id, containerName: kill.name ?? '' } : {}),
      ...(kill.pid === undefined ? {} : { pid: kill.pid, process: kill.process ?? '' }),
      witnesses: [...kill.witnesses],
      recent: kill.atMs !== undefined && kill.atMs >= sinceMs,
    }));
}

function fromLog(kill: LoggedKill, containers: readonly Ends[]): Found {
  const name = containers.find(({ id }) => id === kill.containerId)?.name;
  return {
    atMs: kill.atMs,
    pid: kill.pid,
    process: kill.process,
    witnesses: new Set(['kernel log']),
    ...(kill.containerId ? { id: kill.containerId, name: name ?? kill.containerId.slice(0, 12) } : {}),
  };
}

/** Adds a witness to the nearest kill of that container which lacks it; there is none: this is a kill of its own. */
function witness(
  found: Found[],
  { id, name }: { id: string; name: string },
  atMs: number,
  word: string,
): void {
  const near = found
    .filter((kill) => kill.id === id && !kill.witnesses.has(word) && distance(kill, atMs) <= together)
    .sort((a, b) => distance(a, atMs) - distance(b, atMs))[0];
  if (near) near.witnesses.add(word);
  else found.push({ atMs, id, name, witnesses: new Set([word]) });
}

const distance = (kill: Found, atMs: number): number => Math.abs((kill.atMs ?? Number.NaN) - atMs);

function noteState(found: Found[], ends: Ends): void {
  if (!ends.oomKilled) return;
  const atMs = Date.parse(ends.finishedAt);
  // Several kills at the end of one life (memory.oom.group) share this witness: it adds none.
  const some = found.filter((kill) => kill.id === ends.id && distance(kill, atMs) <= together);
  if (some.length > 0) for (const kill of some) kill.witnesses.add('State.OOMKilled');
  else found.push({ atMs, id: ends.id, name: ends.name, witnesses: new Set(['State.OOMKilled']) });
}

/** The counter covers this life of the container; what it counts beyond the kills known from it has no time. */
function noteCounter(found: Found[], ends: Ends, sinceMs: number): void {
  const startMs = Date.parse(ends.startedAt);
  const known = found.filter((kill) => kill.id === ends.id && (kill.atMs ?? 0) >= startMs - 2_000);
  const counted = ends.cgroupKills ?? 0;
  for (const kill of known.slice(-counted || known.length))
    if (counted > 0) kill.witnesses.add('cgroup counter');
  for (let missing = known.length; missing < counted; missing++) {
    // A life that began within the window had all its kills in it.
    const atMs = startMs >= sinceMs ? startMs : undefined;
    found.push({ atMs, id: ends.id, name: ends.name, witnesses: new Set(['cgroup counter']) });
  }
}

/** A death with 137 at the time of a proven kill: the kill ended the container's main process. */
function noteDeath(found: Found[], event: ContainerEvent): void {
  if (event.action !== 'die' || event.exitCode !== 137) return;
  const near = found
    .filter((kill) => kill.id === event.id && distance(kill, event.atMs) <= together)
    .sort((a, b) => distance(a, event.atMs) - distance(b, event.atMs))[0];
  near?.witnesses.add('exit code 137');
}

/** The engine's restart policy started the container again right after the kill. */
function noteRestarts(found: Found[], ends: Ends, events: readonly ContainerEvent[]): void {
  if (ends.restartCount === 0) return;
  const starts = events
    .filter(({ id, action }) => id === ends.id && action === 'start')
    .map(({ atMs }) => atMs);
  for (const kill of found) {
    if (kill.id !== ends.id || !kill.witnesses.has('exit code 137')) continue;
    const next = [...starts, Date.parse(ends.startedAt)].some((start) => isSoonAfter(kill.atMs, start));
    if (next) kill.witnesses.add('restart count');
  }
}

/** The engine waits 100 ms, doubling to 1 min, before it starts a container again. */
function isSoonAfter(killMs: number | undefined, startMs: number): boolean {
  return killMs !== undefined && startMs >= killMs - 1_000 && startMs - killMs <= 65_000;
}
