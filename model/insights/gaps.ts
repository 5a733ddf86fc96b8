import { behind } from './behind.js';
import { groupBy } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { GapInsight, SummedGap, Told } from './types.js';

/** What could not be read again and again, by target; first what never could. */
export function gapInsights(incidents: readonly Told[]): readonly GapInsight[] {
  return [...groupBy(incidents, ({ targetKey }) => targetKey).values()]
    .flatMap(gapsOfTarget)
    .sort((a, b) => Number(b.never) - Number(a.never) || b.behind.count - a.behind.count);
}

function gapsOfTarget(incidents: readonly Told[]): readonly GapInsight[] {
  const found = incidents.flatMap((incident) => incident.told.gaps.map((gap) => ({ incident, gap })));
  const groups = groupBy(found, ({ gap }) => `${gap.name}\n${gap.source}`);
  return [...groups.values()].flatMap((group) => {
    const latest = group.at(-1)?.gap as SummedGap;
    const enough =
      group.length >= thresholds.gapIncidents && group.length >= thresholds.gapShare * incidents.length;
    if (!enough) return [];
    const { name, source, why } = latest;
    return [
      {
        target: incidents[0]?.targetKey ?? '',
        name,
        source,
        why,
        of: incidents.length,
        never: group.length === incidents.length && !group.some(({ gap }) => gap.alsoRead),
        behind: behind(group.map(({ incident }) => incident)),
      },
    ];
  });
}
