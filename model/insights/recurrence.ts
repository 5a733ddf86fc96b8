import { secondsBetween } from '../format.js';
import { behind } from './behind.js';
import { groupBy, spread } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { IncidentSummary, Recurrence, Told } from './types.js';

const hour = 3600;
const windows = { in24h: 24 * hour, in7d: 7 * 24 * hour, in30d: 30 * 24 * hour } as const;

export interface Period {
  readonly since: string;
  readonly until: string;
}

/** Alerts that came back to the same target, most often first. What a person opened is no recurrence. */
export function recurrences(incidents: readonly Told[], period: Period): readonly Recurrence[] {
  const raised = incidents
    .filter(({ told }) => !told.byPerson)
    .flatMap((incident) => incident.told.alerts.map((alert) => ({ incident, alert })));
  const groups = groupBy(raised, ({ incident, alert }) => `${incident.targetKey}\n${alert}`);
  return [...groups.values()]
    .filter((group) => group.length >= thresholds.recurrence)
    .map((group) =>
      recurrence(
        group.map(({ incident }) => incident),
        group[0]?.alert ?? '',
        period,
      ),
    )
    .sort((a, b) => b.behind.count - a.behind.count);
}

function recurrence(incidents: readonly IncidentSummary[], alert: string, period: Period): Recurrence {
  const opened = incidents.map(({ openedAt }) => openedAt).sort((a, b) => Date.parse(a) - Date.parse(b));
  const gaps = opened.slice(1).map((at, n) => secondsBetween(opened[n] as string, at));
  const zero = { n: 0, min: 0, median: 0, max: 0 };
  return {
    target: incidents[0]?.targetKey ?? '',
    alert,
    ...counts(opened, period),
    between: spread(gaps) ?? zero,
    behind: behind(incidents),
  };
}

/** A window that is longer than the period would be counted short. */
function counts(
  opened: readonly string[],
  { since, until }: Period,
): Partial<Record<keyof typeof windows, number>> {
  const length = secondsBetween(since, until);
  const entries = Object.entries(windows)
    .filter(([, seconds]) => seconds <= length)
    .map(([name, seconds]) => [name, opened.filter((at) => secondsBetween(at, until) <= seconds).length]);
  return Object.fromEntries(entries);
}
