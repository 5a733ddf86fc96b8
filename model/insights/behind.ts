import type { Behind } from './types.js';

/** Short ids that a line names. */
const named = 5;

/** The incidents behind a line, each once: how many, and the newest by name. */
export function behind(incidents: Iterable<{ readonly shortId: string; readonly openedAt: string }>): Behind {
  const each = new Map([...incidents].map((incident) => [incident.shortId, incident]));
  const newest = [...each.values()].sort((a, b) => Date.parse(b.openedAt) - Date.parse(a.openedAt));
  return { count: each.size, newest: newest.slice(0, named).map(({ shortId }) => shortId) };
}
