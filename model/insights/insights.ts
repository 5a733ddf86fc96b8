import { behind } from './behind.js';
import { autonomyCandidates, decisionInsight, dropCandidates } from './decisions.js';
import { endings, escalationReasons, recoveries, unhelped } from './endings.js';
import { gapInsights } from './gaps.js';
import { leakInsights, limitInsights } from './limits.js';
import { type Period, recurrences } from './recurrence.js';
import { rungInsights } from './rungs.js';
import type { IncidentSummary, Insights, Told } from './types.js';

/**
 * What many incidents together tell, whatever their order. Rehearsals and runs without a result are named, and count
 * nowhere else.
 * @param from where they were read, in words
 */
export function insightsOf(
  summaries: Iterable<IncidentSummary>,
  { since, until }: Period,
  from: string,
): Insights {
  const all = [...summaries].sort((a, b) => Date.parse(a.openedAt) - Date.parse(b.openedAt));
  const told = all.filter((summary): summary is Told => summary.told !== undefined);
  const incidents = told.filter((summary) => !summary.told.rehearsal);
  const broken = all.filter((summary) => summary.told === undefined);
  const statuses = [...new Set(broken.map(({ status }) => status))];
  return {
    since,
    until,
    from,
    incidents: incidents.length,
    rehearsals: behind(told.filter((summary) => summary.told.rehearsal)),
    withoutResult: statuses.map((status) => ({
      status,
      behind: behind(broken.filter((summary) => summary.status === status)),
    })),
    outcomes: endings(incidents),
    recovery: recoveries(incidents),
    recurrence: recurrences(incidents, { since, until }),
    rungs: rungInsights(incidents),
    decisions: decisionInsight(incidents),
    autonomy: autonomyCandidates(incidents),
    drop: dropCandidates(incidents),
    limits: limitInsights(incidents),
    leaks: leakInsights(incidents),
    escalations: escalationReasons(incidents),
    unhelped: unhelped(incidents),
    gaps: gapInsights(incidents),
  };
}
