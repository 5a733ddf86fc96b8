import type { IncidentView } from '../view.js';

/** Raised when a reader of the older form could misunderstand the newer one. */
export const reportFormat = 'nightshift.report/1';

/** The view for machines: keys sorted, so that two reports can be compared line by line. Ends in a newline. */
export function json(view: IncidentView): string {
  return `${JSON.stringify({ format: reportFormat, ...sorted(view) }, null, 2)}\n`;
}

function sorted(view: IncidentView): Record<string, unknown> {
  return JSON.parse(JSON.stringify(view), (_key, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
