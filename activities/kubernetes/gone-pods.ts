import type { WorkloadDetails } from '../../model/kubernetes/details.js';
import type { Series } from '../prometheus/client.js';
import type { AskHistory } from './history-window.js';
import { evenly } from './series.js';

/** The letters of which Kubernetes makes the ends of names; no word is among them. */
const safe = '[bcdfghjklmnpqrstvwxz2456789]';
/** So many of them are kept, each with so many points: enough to see whether they grew, too. */
const most = { pods: 3, points: 20 } as const;

/**
 * A regular expression of the names that pods of this workload have, those that are gone included; undefined where a
 * name is taken up again, or nobody told which pods there are.
 */
export function namesOfGone({ settings: { kind, name }, present }: AskHistory): string | undefined {
  if (present === undefined || kind === 'StatefulSet') return undefined;
  const plain = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return kind === 'Deployment' ? `${plain}-${safe}{1,10}-${safe}{5}` : `${plain}-${safe}{5}`;
}

/** Working set over time of the pods that went last. `own`: the series of a pod that are of the container that is meant. */
export function goneHistory(
  { present }: AskHistory,
  own: (pod: string) => readonly Series[],
  all: readonly Series[],
): NonNullable<WorkloadDetails['goneHistory']> {
  if (present === undefined) return [];
  const names = new Set(all.flatMap(({ labels }) => labels.pod ?? []));
  return [...names]
    .filter((pod) => !present.includes(pod))
    .flatMap((pod) => {
      const points = (own(pod)[0]?.points ?? []).filter(({ value }) => value > 0);
      return points.length === 0 ? [] : [{ pod, points, end: points.at(-1)?.at ?? '' }];
    })
    .toSorted((a, b) => b.end.localeCompare(a.end))
    .slice(0, most.pods)
    .map(({ pod, points }) => ({
      pod,
      points: evenly(points, most.points).map(({ at, value }) => ({ at, bytes: Math.round(value) })),
    }));
}
