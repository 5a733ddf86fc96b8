import { markdownTable, table } from '../client/cli/terminal/table.js';

/** One measured figure. */
export interface Row {
  readonly what: string;
  readonly value: number;
  readonly unit: '' | 'ms' | '×' | '/s' | 'MB' | 'kB' | 's';
  /** What the design asks for. Absent: reported only. */
  readonly goal?: { readonly atMost: number } | { readonly atLeast: number };
  readonly note?: string;
}

export interface Measured {
  readonly section: string;
  readonly title: string;
  readonly rows: readonly Row[];
  /** Why nothing was measured, where nothing was. */
  readonly skipped?: string;
}

export function reached({ value, goal }: Row): boolean | undefined {
  if (!goal) return undefined;
  return 'atMost' in goal ? value <= goal.atMost : value >= goal.atLeast;
}

const headings = ['figure', 'measured', 'wanted', '', 'note'] as const;

function cells(row: Row): readonly string[] {
  const { what, value, unit, goal, note = '' } = row;
  const wanted = !goal ? '' : 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
  const yes = reached(row);
  const mark = yes === undefined ? '' : yes ? 'reached' : 'NOT REACHED';
  return [what, `${figure(value)} ${unit}`.trim(), `${wanted} ${wanted && unit}`.trim(), mark, note];
}

function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return Number.isInteger(value) || Math.abs(value) >= 100 ? String(Math.round(value)) : value.toPrecision(3);
}

/** As a table, for a terminal or for a page. */
export function asText(measured: readonly Measured[], format: 'table' | 'md'): string {
  const heading = format === 'md' ? '### ' : '';
  const lines = measured.flatMap(({ title, rows, skipped }) => [
    '',
    `${heading}${title}`,
    ...(format === 'md' ? [''] : []),
    ...(skipped === undefined ? [] : [`not measured: ${skipped}`]),
    ...(rows.length === 0
      ? []
      : format === 'md'
        ? markdownTable(headings, rows.map(cells))
        : table(headings, rows.map(cells), 400)),
  ]);
  return lines.slice(1).join('\n');
}

/** For programs. `load` is the machine's load average over a minute, before the first figure was taken. */
export function asJson(measured: readonly Measured[], load: number): string {
  const sections = measured.map((section) => ({
    ...section,
    rows: section.rows.map((row) => ({ ...row, reached: reached(row) })),
  }));
  return JSON.stringify({ load, sections }, null, 2);
}
