import { setTimeout as sleep } from 'node:timers/promises';
import type { IncidentView } from '../../../model/view.js';
import type { IncidentDetails, IncidentRef, Incidents } from '../../incidents/index.js';
import { CliError, type ExitCode, exitCodes } from '../exit-codes.js';
import type { Io } from '../terminal/io.js';
import { append } from './append.js';
import { frame } from './frame.js';
import { liveView } from './live-view.js';
import { Screen } from './screen.js';

const askEveryMs = 700;
const drawEveryMs = 250;
/** Temporal out of reach for so long ends the watch. */
const patienceMs = 60_000;

export interface WatchOptions {
  readonly io: Io;
  readonly incidents: Incidents;
  readonly ref: IncidentRef;
  /** Called with each new view, between two drawings: the demo asks its person here. */
  readonly onView?: (view: IncidentView, details: IncidentDetails, screen: Screen) => Promise<void>;
}

/**
 * Draws an incident until it ends: in place on a terminal, else a line for each thing that happens. Returns how it
 * ended. Throws where Temporal stays out of reach; Ctrl-C ends the watch, never the incident.
 */
export async function watch(options: WatchOptions): Promise<IncidentDetails> {
  const { io, incidents, ref, onView } = options;
  const screen = new Screen(io);
  const lines = append(io);
  let lastAnswer = Date.now();
  let details: IncidentDetails | undefined;
  let trouble: string | undefined;
  const draw = () => {
    if (details && io.tty) screen.draw(sceneOf(io, details, trouble));
  };
  const redraw = setInterval(draw, drawEveryMs);
  try {
    for (;;) {
      if (io.signal.aborted) throw leaving(ref);
      try {
        details = await incidents.read(ref);
        lastAnswer = Date.now();
        trouble = undefined;
      } catch (error) {
        if (Date.now() - lastAnswer > patienceMs || !passing(error)) throw error;
        trouble = `no answer since ${Math.round((Date.now() - lastAnswer) / 1000)} s: ${messageOf(error)}`;
      }
      draw();
      if (details && !io.tty) lines(details, trouble);
      if (details && !details.open) return details;
      if (details?.view && onView) await onView(details.view, details, screen);
      await sleep(askEveryMs, undefined, { signal: io.signal }).catch(() => undefined);
    }
  } finally {
    clearInterval(redraw);
    screen.leave();
  }
}

function sceneOf(io: Io, details: IncidentDetails, trouble: string | undefined): readonly string[] {
  const note = trouble ?? details.note;
  if (!details.view) return describeOnly(details, note);
  const scene = {
    view: liveView(details.view, details.pending),
    pending: details.pending,
    now: io.now(),
    columns: io.columns(),
    paint: io.paint,
    ...(note === undefined ? {} : { note }),
  };
  // What is over gives way to what is open where the terminal is low.
  for (const recent of [5, 3, 1]) {
    const lines = frame({ ...scene, recent });
    if (lines.length < io.rows()) return lines;
  }
  for (const recent of [5, 3, 1, 0]) {
    const lines = frame({ ...scene, recent, low: true });
    if (lines.length < io.rows()) return lines;
  }
  return frame({ ...scene, recent: 0, low: true }).filter((line) => line !== '');
}

/** What Temporal itself knows, where no worker answers. */
export function describeOnly(details: IncidentDetails, note: string | undefined): readonly string[] {
  return [
    `${details.runbook}  ${details.targetKey}  ${details.shortId}  ${details.status}`,
    `opened ${details.openedAt}, ${details.historyEvents} events`,
    ...details.pending.map(
      ({ type, attempt, state, lastFailure }) =>
        `${type}: ${state}, attempt ${attempt}${lastFailure ? `: ${lastFailure.message}` : ''}`,
    ),
    ...(note === undefined ? [] : ['', note]),
  ];
}

/** The exit code of an ended incident: 0 where it recovered, or was a rehearsal as asked. */
export function exitCodeOf({ view }: Pick<IncidentDetails, 'view'>): ExitCode {
  const outcome = view?.outcome;
  if (outcome === 'recovered' || outcome === 'self-recovered') return exitCodes.done;
  return outcome === 'observed' && view?.observeOnly ? exitCodes.done : exitCodes.notRecovered;
}

function leaving({ shortId }: IncidentRef): CliError {
  return new CliError(
    exitCodes.interrupted,
    `watching ended; the incident ${shortId} goes on`,
    `See it again with \`nightshift incident watch ${shortId}\`; end it with \`nightshift incident cancel ${shortId}\`.`,
  );
}

function passing(error: unknown): boolean {
  if (error instanceof CliError) return error.code === exitCodes.unreachable;
  return error instanceof Error && (error.name === 'TemporalUnreachable' || error.name === 'NoAnswer');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
