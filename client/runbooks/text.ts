import { wrap } from '../cli/terminal/text.js';
import type { Page, PageSection } from './page.js';

/** As wide as lines of Markdown become. */
const markdownColumns = 200;

/** For a terminal. */
export function pageText(page: Page, columns: number): string {
  return written(page, columns, false);
}

/** As in docs/runbooks, and as the API serves it. */
export function pageMarkdown(page: Page): string {
  return written(page, markdownColumns, true);
}

function written({ title, impact, sections }: Page, columns: number, markdown: boolean): string {
  const heading = (text: string) => (markdown ? [`## ${text}`, ''] : [text]);
  const lines = [
    markdown ? `# ${title}` : title,
    '',
    ...wrap(impact, columns),
    '',
    ...sections.flatMap((section) => [...heading(section.heading), ...listed(section, columns), '']),
  ];
  return `${lines.join('\n')}\n`;
}

function listed({ items, ordered }: PageSection, columns: number): readonly string[] {
  return items.flatMap((item, n) => {
    const mark = ordered ? `${n + 1}. ` : '- ';
    const indent = ' '.repeat(mark.length);
    return wrap(item, columns - mark.length).map((line, i) => `${i === 0 ? mark : indent}${line}`);
  });
}
