import { block, prose } from '../report/escape.js';
import { heading, type Line, sectionsOf } from './tell.js';
import type { Insights } from './types.js';
import { behindWords } from './words.js';

/** The insights as Markdown, ending in a newline. */
export function insightsMarkdown(insights: Insights): string {
  const [first, ...rest] = heading(insights);
  const lines = [
    '# Insights',
    '',
    ...(first ? [prose(first.text), ''] : []),
    ...rest.flatMap(bullet),
    ...sectionsOf(insights).flatMap(({ title, lines: all }) => [
      '',
      `## ${title}`,
      '',
      ...all.flatMap(bullet),
    ]),
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function bullet({ text, yaml, behind }: Line): readonly string[] {
  const ids = behind.count > 0 ? `\n  Incidents: ${behindWords(behind)}` : '';
  const snippet = yaml ? ['', ...block('yaml', yaml.join('\n')).map((line) => `  ${line}`), ''] : [];
  return [`- ${prose(text)}${ids}`, ...snippet];
}
