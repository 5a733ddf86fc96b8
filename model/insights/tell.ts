import { bytes, duration, percent, secondsBetween } from '../format.js';
import { shortName } from '../target.js';
import { thresholds } from './thresholds.js';
import type { AutonomyCandidate, Behind, Insights, LimitInsight, Recurrence, RungInsight } from './types.js';
import { counted, incidentsWords, outOf, spreadWords } from './words.js';

/** One thing that the incidents tell. */
export interface Line {
  readonly text: string;
  /** Lines of `nightshift.yaml` that would change. */
  readonly yaml?: readonly string[];
  readonly behind: Behind;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

/** The insights in words, a section a subject. Sections that have nothing to say are left out. */
export function sectionsOf(insights: Insights): readonly Section[] {
  const sections: readonly Section[] = [
    { title: 'How they ended', lines: endings(insights) },
    { title: 'What comes back', lines: insights.recurrence.map(recurrence) },
    { title: 'Rungs', lines: insights.rungs.map(rung) },
    { title: 'Decisions', lines: decisions(insights) },
    { title: 'Always approved: candidates for more autonomy', lines: insights.autonomy.map(autonomy) },
    { title: 'Always rejected: rungs to drop', lines: drops(insights) },
    { title: 'Limits that are wrong', lines: [...insights.limits.map(limit), ...leaks(insights)] },
    { title: 'Why people were told', lines: escalations(insights) },
    { title: 'Targets that could not be helped', lines: unhelped(insights) },
    { title: 'What could not be read', lines: gaps(insights) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

function endings({ outcomes, recovery, incidents }: Insights): readonly Line[] {
  return outcomes.map(({ outcome, behind }) => {
    const took = recovery.find((each) => each.outcome === outcome)?.seconds;
    const after = took ? `, after ${spreadWords(took, duration)}` : '';
    return { text: `${outcome}: ${outOf(behind.count, incidents)}${after}`, behind };
  });
}

function recurrence({ target, alert, between, behind, ...windows }: Recurrence): Line {
  const { in24h, in7d, in30d } = windows;
  const recent = [
    [in24h, '24 h'],
    [in7d, '7 d'],
    [in30d, '30 d'],
  ].flatMap(([n, what]) => (n === undefined ? [] : [`${n} in the last ${what}`]));
  const apart = between.n === 1 ? `${duration(between.median)} apart` : spreadWords(between, duration);
  const often = between.n === 1 ? apart : `one every ${apart}`;
  return {
    text: [`${alert} on ${target}: ${incidentsWords(behind.count)}`, ...recent, often].join(', '),
    behind,
  };
}

function rung(insight: RungInsight): Line {
  const { remedy, runbook, tried, applied, helped, measured, worse, freed, refusedBy, behind } = insight;
  const refused = Object.values(refusedBy).reduce((sum, n) => sum + n, 0);
  const by = counted(Object.entries(refusedBy).map(([name, n]) => [n, name])).join(', ');
  const rest = counted([
    [worse, 'made it worse'],
    [insight.noEffect, 'without effect'],
    [insight.failed, 'failed'],
    [insight.rejected, 'rejected'],
    [insight.expired, 'nobody decided'],
    [insight.void, 'overtaken'],
    [insight.left, 'left when it ended'],
    [refused, 'refused'],
  ]);
  const parts = [
    `${remedy} (${runbook}): applied ${outOf(applied, tried)}`,
    ...(measured > 0 ? [`helped ${outOf(helped, measured)}`] : []),
    ...(freed ? [`freed ${spreadWords(freed, bytes)}`] : []),
    ...rest,
  ];
  return { text: `${parts.join('; ')}${by === '' ? '' : ` (by ${by})`}`, behind };
}

function decisions({ decisions: told }: Insights): readonly Line[] {
  const { asked, approved, rejected, expired, answeredAfter, slowHours, behind, behindExpired } = told;
  if (asked === 0) return [];
  const rest = counted([
    [rejected, 'rejected'],
    [told.void, 'overtaken'],
  ]);
  const hour = (n: number): string => `${String(n).padStart(2, '0')}:00`;
  return [
    { text: [`Asked ${asked}: approved ${outOf(approved, asked)}`, ...rest].join('; '), behind },
    ...(expired > 0
      ? [{ text: `Nobody decided in time: ${outOf(expired, asked)}`, behind: behindExpired }]
      : []),
    ...(answeredAfter ? [{ text: `Answered after ${spreadWords(answeredAfter, duration)}`, behind }] : []),
    ...slowHours.map((slow) => ({
      text: `From ${hour(slow.fromHour)} to ${hour(slow.toHour)} UTC it takes longer: ${spreadWords(slow.waited, duration)}, expired ${slow.expired}; at other times ${spreadWords(slow.otherwise, duration)}`,
      behind: slow.behind,
    })),
  ];
}

function autonomy({ target, kind, approved, expired, helped, measured, behind }: AutonomyCandidate): Line {
  const late = expired === 0 ? '' : `; nobody decided in time ${expired}`;
  return {
    text: `${kind} on ${target}: approved ${approved} times, never rejected${late}; helped ${outOf(helped, measured)}, never made it worse. It would go without a person with`,
    yaml: entryOf(target, `autonomy: { byKind: { ${kind}: auto } }`),
    behind,
  };
}

function drops({ drop }: Insights): readonly Line[] {
  return drop.map(({ target, remedy, rejected, behind }) => ({
    text: `${remedy} on ${target}: rejected ${rejected} times, never approved. It would no longer be asked for with`,
    yaml: entryOf(target, `policy: { remediesOff: [${remedy}] }`),
    behind,
  }));
}

/** In the target's own entry, whatever else stands there. */
function entryOf(target: string, line: string): readonly string[] {
  return ['targets:', `  - key: ${target}`, `    ${line}`];
}

function limit({ target, limitBytes, rightBytes, peaks, killed, behind }: LimitInsight): Line {
  const dead = killed === 0 ? '' : `, an OOM kill in ${outOf(killed, peaks.n)}`;
  const share = percent((peaks.max / limitBytes) * 100);
  return {
    text: `${shortName(target)} (${target}) has ${bytes(limitBytes)}: its peaks were ${spreadWords(peaks, bytes)}, up to ${share} of it${dead}. With a limit of ${bytes(rightBytes)} the highest would be 70 %`,
    behind,
  };
}

function leaks({ leaks: found }: Insights): readonly Line[] {
  return found.map(({ target, of, behind }) => ({
    text: `${shortName(target)} (${target}): a leak led in ${outOf(behind.count, of)}. A larger limit would only let it grow for longer: mend the leak`,
    behind,
  }));
}

function escalations({ escalations: found, incidents }: Insights): readonly Line[] {
  return found.map(({ why, behind }) => ({ text: `${why}: ${outOf(behind.count, incidents)}`, behind }));
}

function unhelped({ unhelped: found }: Insights): readonly Line[] {
  return found.map(({ target, behind }) => ({
    text: `${target}: none of ${incidentsWords(behind.count)} recovered`,
    behind,
  }));
}

function gaps({ gaps: found }: Insights): readonly Line[] {
  return found.map(({ target, name, source, why, of, never, behind }) => ({
    text: `${name} of ${target} (${source}): ${never ? 'could never be read' : 'not read'}, ${outOf(behind.count, of)}; last: ${why}`,
    behind,
  }));
}

/** What stands above it all: the period, how many incidents, and what is left out. */
export function heading(insights: Insights): readonly Line[] {
  const { since, until, from, incidents, rehearsals, withoutResult } = insights;
  const none = { count: 0, newest: [] };
  const period = `from ${since.slice(0, 10)} to ${until.slice(0, 10)} (${duration(secondsBetween(since, until))})`;
  const few =
    incidents > 0 && incidents < thresholds.percentage ? '. That is few: read the figures as stories' : '';
  return [
    { text: `${incidentsWords(incidents)} ended ${period}, ${from}${few}.`, behind: none },
    ...(rehearsals.count > 0
      ? [
          {
            text: `Left out, because nothing was changed: ${rehearsals.count} in rehearsal`,
            behind: rehearsals,
          },
        ]
      : []),
    ...withoutResult.map(({ status, behind }) => ({
      text: `Without a result, so only counted here: ${incidentsWords(behind.count)} that ended ${status}`,
      behind,
    })),
  ];
}
