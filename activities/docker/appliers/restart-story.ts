import { constants } from 'node:os';
import type { EngineEvent } from './engine-events.js';

/** One restart command that the engine has carried out. Times are the engine's, milliseconds. */
export interface Episode {
  /** Its first effect on the container: the stop signal, or the start of one that had stopped. */
  readonly from: number;
  readonly to: number;
  /** Of the life that it ended; absent where it ended none. */
  readonly exitCode?: number;
  /** The engine had to send SIGKILL. */
  readonly killed: boolean;
}

interface Open {
  from?: number;
  exitCode?: number;
  killed: boolean;
  /** A start has been seen: what comes next is another story, unless it is the `restart` that names it. */
  started: boolean;
}

/**
 * The restart commands in a container's events. A command shows as `kill`, `die`, `stop`, `start`, `restart`; its
 * `restart` comes last. Two at once share one stop and one start and show two `restart`. A start by the container's
 * own policy, or by `docker start`, shows no `restart`.
 */
export function restartEpisodes(events: readonly EngineEvent[]): readonly Episode[] {
  const episodes: Episode[] = [];
  let open: Open = { killed: false, started: false };
  for (const event of events) {
    if (!['kill', 'die', 'stop', 'start', 'restart'].includes(event.action)) continue;
    if (event.action === 'restart') {
      episodes.push(close(open, event.at));
      open = { killed: false, started: false };
      continue;
    }
    if (open.started && event.action !== 'start') open = { killed: false, started: false };
    open.from ??= event.at;
    take(open, event);
  }
  return episodes;
}

function take(open: Open, event: EngineEvent): void {
  if (event.action === 'start') open.started = true;
  if (event.action === 'kill' && isSigkill(event.signal)) open.killed = true;
  if (event.action === 'die') open.exitCode = event.exitCode;
}

function close({ from, exitCode, killed }: Open, at: number): Episode {
  return { from: from ?? at, to: at, killed, ...(exitCode === undefined ? {} : { exitCode }) };
}

/**
 * An engine acts on a restart command at once. What began later than this after ours was sent was somebody else's.
 * Milliseconds of the engine's clock.
 */
export const actsWithinMs = 10_000;

export interface Claim {
  /** Those that answer to one of our commands. */
  readonly ours: readonly Episode[];
  readonly others: readonly Episode[];
}

/** Tells our restarts from others': each of our commands can have caused one, and soon after it was sent. */
export function claim(episodes: readonly Episode[], sentAt: readonly number[]): Claim {
  const others = [...episodes];
  const ours: Episode[] = [];
  for (const sent of sentAt) {
    const index = others.findIndex(({ from }) => from >= sent && from <= sent + actsWithinMs);
    if (index >= 0) ours.push(...others.splice(index, 1));
  }
  return { ours, others };
}

/** True where a start that no `restart` event names came soon after one of our start commands. */
export function claimStart(events: readonly EngineEvent[], sentAt: readonly number[]): boolean {
  return sentAt.some((sent) =>
    events.some(({ action, at }) => action === 'start' && at >= sent && at <= sent + actsWithinMs),
  );
}

/** True where the container has been told to end and has not ended yet. */
export function stopUnderWay(events: readonly EngineEvent[], stopSignal: string): boolean {
  const last = events.findLast(({ action, signal }) =>
    action === 'kill' ? isSigkill(signal) || isSignal(signal, stopSignal) : ['die', 'start'].includes(action),
  );
  return last?.action === 'kill';
}

/** True where its last end was a command's work (`docker stop`, `docker kill`), not its own. */
export function stoppedByCommand(events: readonly EngineEvent[]): boolean {
  const lastStart = events.findLastIndex(({ action }) => action === 'start');
  return events
    .slice(lastStart + 1)
    .some(({ action, signal }) => action === 'stop' || (action === 'kill' && isSigkill(signal)));
}

const isSigkill = (signal: string | undefined): boolean => isSignal(signal, 'SIGKILL');

/** Engines write signals as numbers, containers' settings mostly as names. */
function isSignal(signal: string | undefined, name: string): boolean {
  if (signal === undefined) return false;
  return numberOf(signal) === numberOf(name);
}

function numberOf(signal: string): number | string {
  if (/^\d+$/.test(signal)) return Number(signal);
  const name = `SIG${signal.toUpperCase().replace(/^SIG/, '')}`;
  return new Map<string, number>(Object.entries(constants.signals)).get(name) ?? name;
}
