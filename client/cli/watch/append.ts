import { clock, percent } from '../../../model/format.js';
import type { IncidentDetails } from '../../incidents/index.js';
import type { Io } from '../terminal/io.js';
import { plain } from '../terminal/text.js';
import { decisionLines } from './decision.js';
import { liveView } from './live-view.js';
import { retryLine, retryReason } from './pending.js';

const figureEveryMs = 15_000;

/** For pipes and logs: a line for each thing that happens, once, and the memory from time to time. */
export function append(io: Io): (details: IncidentDetails, trouble: string | undefined) => void {
  let told = 0;
  let figureAt = 0;
  const said = new Set<string>();
  const once = (key: string, text: () => string) => {
    if (said.has(key)) return;
    said.add(key);
    io.out(text());
  };
  return (details, trouble) => {
    const { view, pending, note } = details;
    const now = io.now();
    const stamp = clock(now.toISOString());
    const why = trouble === undefined ? note : 'Temporal does not answer; asking again';
    if (why !== undefined) once(`note ${why}`, () => `${stamp}  ${plain(why)}\n`);
    for (const activity of pending) {
      const { type, attempt, lastFailure } = activity;
      if (attempt > 1 || lastFailure)
        once(
          `retry ${type} ${attempt} ${lastFailure?.message}`,
          () => `${stamp}  ${plain(retryLine(activity, now))}: ${plain(retryReason(activity))}\n`,
        );
    }
    if (!view) return;
    for (const { at, text } of view.timeline.slice(told)) io.out(`${clock(at)}  ${plain(text)}\n`);
    told = view.timeline.length;
    if (view.openDecision) {
      const scene = { view, now, columns: Math.max(100, io.columns()), paint: io.paint };
      once(`decision ${view.openDecision.change.id}`, () => `${decisionLines(scene).join('\n')}\n\n`);
    }
    const { measure } = liveView(view, pending);
    if (measure && details.open && now.getTime() - figureAt >= figureEveryMs) {
      if (figureAt > 0) io.out(`${stamp}  Memory at ${percent(measure.percent)} of ${measure.against}.\n`);
      figureAt = now.getTime();
    }
  };
}
