import { outcomes } from '../facts.js';
import { secondsBetween } from '../format.js';
import { shortName } from '../target.js';
import { behind } from './behind.js';
import { groupBy, spread } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { Insights, Told } from './types.js';

/** How incidents ended, in the order of the outcomes. */
export function endings(incidents: readonly Told[]): Insights['outcomes'] {
  const groups = groupBy(incidents, ({ told }) => told.outcome);
  return outcomes.flatMap((outcome) => {
    const group = groups.get(outcome);
    return group ? [{ outcome, behind: behind(group) }] : [];
  });
}

/** From opening to close, of those that recovered. */
export function recoveries(incidents: readonly Told[]): Insights['recovery'] {
  return (['recovered', 'self-recovered'] as const).flatMap((outcome) => {
    const group = incidents.filter(({ told }) => told.outcome === outcome);
    const seconds = spread(group.map(({ openedAt, closedAt }) => secondsBetween(openedAt, closedAt)));
    return seconds ? [{ outcome, seconds, behind: behind(group) }] : [];
  });
}

/** Why people were told, the commonest reason first. Figures and names in a reason don’t make it another one. */
export function escalationReasons(incidents: readonly Told[]): Insights['escalations'] {
  const told = incidents.flatMap((incident) => incident.told.escalations.map((why) => ({ incident, why })));
  const groups = groupBy(told, ({ incident, why }) => alike(why, incident.targetKey));
  return [...groups.values()]
    .map((group) => ({ why: group[0]?.why ?? '', behind: behind(group.map(({ incident }) => incident)) }))
    .sort((a, b) => b.behind.count - a.behind.count);
}

function alike(why: string, targetKey: string): string {
  return why
    .replaceAll(targetKey, '…')
    .replaceAll(shortName(targetKey), '…')
    .replace(/\d+([.:]\d+)*/g, '#')
    .replace(/\b\d*[a-f#]*#[0-9a-f#]{6,}\b/g, '#');
}

/** Targets that had several incidents, none of which recovered. */
export function unhelped(incidents: readonly Told[]): Insights['unhelped'] {
  return [...groupBy(incidents, ({ targetKey }) => targetKey)]
    .filter(
      ([, group]) =>
        group.length >= thresholds.unhelpedIncidents &&
        !group.some(({ told }) => told.outcome === 'recovered' || told.outcome === 'self-recovered'),
    )
    .map(([target, group]) => ({ target, behind: behind(group) }))
    .sort((a, b) => b.behind.count - a.behind.count);
}
