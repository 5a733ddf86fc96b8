import { count } from '../../../model/format.js';
import type { IncidentView, RungView } from '../../../model/view.js';
import { clip, clipped, pad, plain, width } from '../terminal/text.js';
import { type Scene, until } from './frame.js';

/** The ladder, a line or two for each rung; on a low terminal one line, and one for all neighbours that wait or were left out. */
export function ladderLines(scene: Scene): readonly string[] {
  const { view, low, paint } = scene;
  if (!low) return view.ladder.flatMap((rung, index) => rungLines(scene, rung, index + 1));
  const lines: string[] = [];
  for (let index = 0; index < view.ladder.length; ) {
    const alike = neighbours(view.ladder, index);
    const rung = view.ladder[index];
    if (alike > 1 && rung) {
      const what = rung.state === 'ahead' ? (view.outcome ? 'not reached' : 'to come') : 'left out';
      const line = ` ${marks[rung.state]} ${`${index + 1}–${index + alike}`.padStart(5)}  ${count(alike, 'rung')} ${what}`;
      lines.push(paint.dim(line));
    } else if (rung) lines.push(...rungLines(scene, rung, index + 1));
    index += alike;
  }
  return lines;
}

/** How many rungs from here on, this one included, are told in one line. */
function neighbours(ladder: readonly RungView[], from: number): number {
  const state = ladder[from]?.state;
  if (state !== 'ahead' && state !== 'skipped') return 1;
  const end = ladder.findIndex((rung, index) => index > from && rung.state !== state);
  return (end === -1 ? ladder.length : end) - from;
}

const marks = { ahead: '·', now: '▸', done: '✓', skipped: '–', failed: '✗' } as const;

function rungLines(
  { view, columns: room, paint, now, low }: Scene,
  rung: RungView,
  number: number,
): string[] {
  const colours = {
    ahead: paint.dim,
    now: paint.cyan,
    done: paint.green,
    skipped: paint.dim,
    failed: paint.red,
  };
  const colour = colours[rung.state];
  const longest = Math.max(...view.ladder.map((each) => width(plain(each.title))));
  const titleRoom = Math.min(longest, Math.floor(room * 0.55));
  const title = pad(clip(plain(rung.title), titleRoom), titleRoom);
  const number2 = String(number).padStart(2);
  const [first = '', ...more] = clipped(plain(rungNote(view, rung, now)), room - titleRoom - 8, low ? 1 : 2);
  const quiet = rung.state === 'now' ? (text: string) => text : paint.dim;
  return [
    `${colour(` ${marks[rung.state]} ${number2} ${title}`)}  ${quiet(first)}`,
    ...more.map((line) => `${' '.repeat(titleRoom + 8)}${quiet(line)}`),
  ];
}

function rungNote(view: IncidentView, rung: RungView, now: Date): string {
  if (rung.state === 'ahead' && view.outcome) return 'not reached';
  if (rung.state === 'ahead') return rung.usually === 'none' ? '' : `usually ${rung.usually}`;
  if (rung.state !== 'now') return rung.note;
  const change = rung.changes[rung.changes.length - 1];
  if (change?.state === 'awaiting decision' && view.openDecision) {
    return `needs a decision ${until(view.openDecision.expiresAt, now).replace('in ', 'within ')}`;
  }
  if (change?.state === 'awaiting lease') return `waiting: ${change.why}`;
  if (view.phase === 'settling') return 'done, settling';
  return change ? change.change.sentence : rung.note;
}
