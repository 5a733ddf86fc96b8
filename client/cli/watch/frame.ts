import { phaseWords } from '../../../model/fold/story.js';
import { bytes, clock, count, duration, percent, secondsBetween } from '../../../model/format.js';
import { block, columns } from '../../../model/report/index.js';
import type { IncidentView } from '../../../model/view.js';
import type { PendingActivity } from '../../incidents/index.js';
import type { Paint } from '../terminal/io.js';
import { clip, clipped, plain, width, wrap } from '../terminal/text.js';
import { decisionLines } from './decision.js';
import { pendingLines } from './pending.js';
import { ladderLines } from './rungs.js';

/** What one frame is drawn from. */
export interface Scene {
  readonly view: IncidentView;
  readonly pending: readonly PendingActivity[];
  readonly now: Date;
  readonly columns: number;
  readonly paint: Paint;
  /** Shown where the view is not of this moment. */
  readonly note?: string;
  /** How many of the latest events are shown, in short; 5 where absent. */
  readonly recent?: number;
  /** True: all events, and in full. */
  readonly whole?: boolean;
  /** True: the terminal is low. What needs nobody's eye is told in short. */
  readonly low?: boolean;
}

/** One frame of `incident watch`: the ladder, the memory, an open decision, what is being retried. Pure. */
export function frame(scene: Scene): readonly string[] {
  const { paint } = scene;
  return [
    ...head(scene),
    '',
    ...memoryLines(scene),
    ...causeLines(scene),
    '',
    ...ladderLines(scene),
    ...decisionLines(scene),
    ...pendingLines(scene),
    ...soakLines(scene),
    ...latestLines(scene),
    ...(scene.note === undefined ? [] : ['', ...wrap(plain(scene.note), scene.columns).map(paint.yellow)]),
  ];
}

function head({ view, now, columns: room, paint }: Scene): readonly string[] {
  const state = view.outcome
    ? `closed: ${view.outcome}`
    : view.paused
      ? `paused until ${clock(view.paused.until)}`
      : phaseWords[view.phase].toLowerCase();
  const name = `${view.runbook}  ${view.target.key}  ${view.shortId}`;
  const beside = room - width(state) - 2 >= 30;
  const left = clip(plain(name), beside ? room - width(state) - 2 : room);
  const gap = ' '.repeat(Math.max(0, room - width(left) - width(state)));
  const end = view.closedAt ?? now.toISOString();
  const took = duration(Math.max(0, Math.round(secondsBetween(view.openedAt, end))));
  const parts = [view.severity, view.closedAt ? `took ${took}` : `open for ${took}`];
  if (view.observeOnly) parts.push('a rehearsal, nothing is changed');
  if (view.escalations.length > 0) parts.push('people have been told');
  else if (view.deadline && !view.closedAt) parts.push(`people are told ${until(view.deadline, now)}`);
  const paintState = view.outcome ? outcomePaint(view, paint) : paint.cyan;
  const second = clip(parts.join(' · '), room);
  return [
    ...(beside ? [`${paint.bold(left)}${gap}${paintState(state)}`] : [paint.bold(left), paintState(state)]),
    view.severity === 'critical' ? paint.red(second) : second,
  ];
}

function outcomePaint({ outcome }: IncidentView, paint: Paint): (text: string) => string {
  return outcome === 'recovered' || outcome === 'self-recovered' ? paint.green : paint.red;
}

/** `in 1 min 20 s`, or `now` where the time has come. */
export function until(iso: string, now: Date): string {
  const seconds = Math.round(secondsBetween(now.toISOString(), iso));
  return seconds > 0 ? `in ${duration(seconds)}` : 'now';
}

function memoryLines({ view, columns: room, paint }: Scene): readonly string[] {
  const { measure, thresholds, history } = view;
  const figure = measure
    ? `${bytes(measure.used)} of ${bytes(measure.limit)}, ${percent(measure.percent)} of ${measure.against}`
    : 'not read yet';
  const warning = thresholds?.warningPercent ?? Number.POSITIVE_INFINITY;
  const critical = thresholds?.criticalPercent ?? Number.POSITIVE_INFINITY;
  const colour = (value: number | undefined) => (text: string) =>
    value === undefined
      ? paint.dim(text)
      : value >= critical
        ? paint.red(text)
        : value >= warning
          ? paint.yellow(text)
          : paint.green(text);
  const sick = view.healthy === false ? paint.red(`  not healthy${reason(view.healthNote)}`) : '';
  const lines = [`Memory  ${colour(measure?.percent)(clip(figure, room - 8))}${sick}`];
  const legend = thresholds ? `  warning ${percent(warning)}, critical ${percent(critical)}` : '';
  const drawn = columns(history, Math.min(48, Math.max(10, room - 8 - width(legend))));
  if (history.length > 1) {
    lines.push(
      `        ${drawn.map((value) => colour(value)(block(value))).join('')}${paint.dim(clip(legend, room - 8 - drawn.length))}`,
    );
  }
  return lines;
}

function reason(note: string | undefined): string {
  return note === undefined ? '' : `: ${plain(note)}`;
}

function causeLines({ view, columns: room }: Scene): readonly string[] {
  const cause = (view.workedOn ?? view.diagnosis)?.causes[0];
  if (!cause) return [];
  const lines = wrap(plain(cause.summary), room - 8);
  return lines.map((line, index) => `${index === 0 ? 'Cause   ' : '        '}${line}`);
}

function soakLines({ view, now, columns: room, paint }: Scene): readonly string[] {
  const { phase, phaseSince, phaseUntil } = view;
  if ((phase !== 'verifying' && phase !== 'watching') || !phaseSince || !phaseUntil) return [];
  const total = Math.max(1, secondsBetween(phaseSince, phaseUntil));
  const done = Math.min(total, Math.max(0, secondsBetween(phaseSince, now.toISOString())));
  const bar = Math.min(30, Math.max(10, room - 45));
  const full = Math.round((done / total) * bar);
  const word = phase === 'verifying' ? 'Verifying' : 'Watching';
  const figures = `${duration(Math.floor(done))} of ${duration(Math.round(total))}`;
  return ['', `${word}  ${paint.cyan('█'.repeat(full))}${paint.dim('░'.repeat(bar - full))}  ${figures}`];
}

function latestLines({ view, columns: room, paint, recent = 5, whole }: Scene): readonly string[] {
  const lines = whole
    ? view.timeline
    : view.timeline.slice(view.timeline.length - Math.min(recent, view.timeline.length));
  if (lines.length === 0) return [];
  const before = view.timeline.length - lines.length;
  const heading = before > 0 ? `Latest (${count(before, 'line')} before)` : 'Latest';
  return [
    '',
    paint.bold(heading),
    ...lines.flatMap(({ at, text }) =>
      clipped(plain(text), room - 10, whole ? 50 : 2).map(
        (line, index) => `${index === 0 ? paint.dim(clock(at)) : ' '.repeat(8)}  ${line}`,
      ),
    ),
  ];
}
