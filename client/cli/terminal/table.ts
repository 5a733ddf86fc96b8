import { clip, pad, plain, width } from './text.js';

/** Columns aligned under their headings, two spaces between them; the last one takes what is left, and is cut there. */
export function table(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  columns: number,
): readonly string[] {
  const all = [headings, ...rows.map((row) => row.map(plain))];
  const widths = headings.map((_, index) => Math.max(...all.map((row) => width(row[index] ?? ''))));
  return all.map((row) => {
    const cells = row.map((cell, index) => (index === row.length - 1 ? cell : pad(cell, widths[index] ?? 0)));
    return clip(cells.join('  ').trimEnd(), columns);
  });
}

/** The same as a Markdown table. */
export function markdownTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => plain(cell).replace(/\|/g, '\\|')).join(' | ')} |`;
  return [line(headings), line(headings.map(() => '---')), ...rows.map(line)];
}
