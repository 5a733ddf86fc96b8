import type { Sample } from '../evidence.js';
import { bytes, clock, duration, percent, secondsBetween } from '../format.js';
import { percentOf } from '../samples.js';
import type { IncidentView } from '../view.js';
import { block, cell } from './escape.js';
import { peak, sparkline } from './sparkline.js';

const width = 60;
const rows = 12;

/** Memory over time: a line of blocks and a small table with the first, the last and the highest figure in it. */
export function memorySection(view: IncidentView): readonly string[] {
  const { history, thresholds } = view;
  const first = history[0];
  const last = history[history.length - 1];
  if (!first || !last) return [];
  const marks = thresholds
    ? `; warning from ${percent(thresholds.warningPercent)}, critical from ${percent(thresholds.criticalPercent)}`
    : '';
  const span = duration(secondsBetween(first.at, last.at));
  return [
    '## Memory over time',
    '',
    ...block('text', `${sparkline(history, width)}\n${clock(first.at)}  ${span}  ${clock(last.at)}`),
    '',
    `A full block is the limit${marks}; \`·\` is a time at which nothing could be read.`,
    '',
    '| time (UTC) | in use | limit | percent | |',
    '| --- | ---: | ---: | ---: | --- |',
    ...chosen(history).map(row),
    '',
  ];
}

/** At most a dozen samples: evenly spread, the first, the last and the highest always among them. */
function chosen(history: readonly Sample[]): readonly Sample[] {
  if (history.length <= rows) return history;
  const step = (history.length - 1) / (rows - 2);
  const picked = new Set<Sample>();
  for (let index = 0; index < rows - 1; index += 1) {
    const sample = history[Math.min(history.length - 1, Math.round(index * step))];
    if (sample) picked.add(sample);
  }
  const top = peak(history);
  if (top) picked.add(top);
  return history.filter((sample) => picked.has(sample));
}

function row(sample: Sample): string {
  const { at, used, limit, gap, healthy, healthNote } = sample;
  const share = percentOf(sample);
  const note = gap ?? (healthy === false ? `not healthy${healthNote ? `: ${healthNote}` : ''}` : '');
  const figures = [
    used === undefined ? '' : bytes(used),
    limit === undefined ? '' : bytes(limit),
    share === undefined ? '' : percent(share),
  ];
  return `| ${clock(at)} | ${figures.join(' | ')} | ${cell(note)} |`;
}
