import { heading, type Line, sectionsOf } from '../../../model/insights/tell.js';
import type { Insights } from '../../../model/insights/types.js';
import { behindWords } from '../../../model/insights/words.js';
import type { Io } from '../terminal/io.js';
import { plain, wrap } from '../terminal/text.js';

/** Lines of one section at most; all of them are in the other forms. */
const atMost = 12;

/** The insights for a terminal, ending in a newline. `show` says how one of the incidents is seen. */
export function insightsText(
  insights: Insights,
  { columns, paint }: Pick<Io, 'columns' | 'paint'>,
  show: string,
): string {
  const width = Math.min(columns(), 120);
  const told = (line: Line, indent: string): readonly string[] => [
    ...wrap(plain(line.text), width - indent.length - 2).map(
      (text, n) => `${n === 0 ? indent : `${indent}  `}${text}`,
    ),
    ...(line.yaml ?? []).map((text) => `${indent}    ${plain(text)}`),
    ...(line.behind.count > 0
      ? wrap(behindWords(line.behind), width - 6).map((text) => `${indent}    ${paint.dim(text)}`)
      : []),
  ];
  const lines = [
    ...heading(insights).flatMap((line) => told(line, '')),
    ...sectionsOf(insights).flatMap(({ title, lines: all }) => [
      '',
      paint.bold(title),
      ...all.slice(0, atMost).flatMap((line) => told(line, '  ')),
      ...(all.length > atMost ? [paint.dim(`  and ${all.length - atMost} more: -o md, -o json`)] : []),
    ]),
    '',
    paint.dim(`See one: ${show}`),
  ];
  return `${lines.join('\n')}\n`;
}
