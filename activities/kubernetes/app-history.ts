import type { AppHistory } from '../../model/kubernetes/details.js';
import { inString, queryRange, queryReadings, type Series } from '../prometheus/client.js';
import { type AskHistory, far, near } from './history-window.js';
import { evenly } from './series.js';

/** What an app of any prefix may tell of who holds its memory: the figures that the runbook compares over time. */
const metrics =
  '(.+_)?(context_bytes|session_bytes|cache_bytes|pool_connections|in_flight_requests|requests_in_flight)|process_resident_memory_bytes';
const asked = new RegExp(`^(?:${metrics})$`);
/** Of the last quarter of an hour, and before it. */
const nearPoints = 60;
const farStepSeconds = 2 * far.stepSeconds;

/**
 * The app's own figures of the fullest pod over the last six hours. Prometheus has to put `namespace` and `pod` to
 * what it scrapes, as its own examples do; where it does not, no metric is found, and none is told. Throws as
 * `queryRange`.
 */
export async function readAppHistory(ask: AskHistory): Promise<AppHistory | undefined> {
  const { prometheus, settings, pods, now, signal } = ask;
  const [pod] = pods;
  if (pod === undefined) return undefined;
  const selector = `{__name__=~"${metrics}",namespace="${inString(settings.namespace)}",pod="${inString(pod)}"}`;
  const to = now.getTime();
  const [recent, before] = await Promise.all([
    queryReadings(prometheus, selector, { to, seconds: near }, signal),
    queryRange(
      prometheus,
      `max by (__name__) (sum by (__name__, job, instance) (${selector}))`,
      { from: to - far.from * 1000, to: to - near * 1000 - 1, stepSeconds: farStepSeconds },
      signal,
    ),
  ]);
  return { pod, ...table([...tableOf(before), ...thinned(tableOf(ofOneJob(recent)))]) };
}

interface Row {
  readonly at: string;
  readonly values: Readonly<Record<string, number>>;
}

/** Sums over labels, moment by moment: what is scraped at once has one time. */
function tableOf(series: readonly Series[]): readonly Row[] {
  const rows = new Map<string, Record<string, number>>();
  for (const { labels, points } of series) {
    const name = labels.__name__ ?? '';
    // A server that answers more than it was asked for is not believed.
    if (!asked.test(name)) continue;
    for (const { at, value } of points) {
      const row = rows.get(at) ?? {};
      row[name] = (row[name] ?? 0) + value;
      rows.set(at, row);
    }
  }
  return [...rows].map(([at, values]) => ({ at, values })).toSorted((a, b) => a.at.localeCompare(b.at));
}

/** Scraped by two jobs it would be counted twice: the one with the most readings is taken. */
function ofOneJob(series: readonly Series[]): readonly Series[] {
  const readings = new Map<string, number>();
  const jobOf = ({ labels }: Series): string => `${labels.job} ${labels.instance}`;
  for (const one of series) readings.set(jobOf(one), (readings.get(jobOf(one)) ?? 0) + one.points.length);
  const [best] = [...readings].toSorted(([a, most], [b, other]) => other - most || a.localeCompare(b));
  return series.filter((one) => jobOf(one) === best?.[0]);
}

function thinned(rows: readonly Row[]): readonly Row[] {
  return evenly(rows, nearPoints);
}

function table(rows: readonly Row[]): Pick<AppHistory, 'at' | 'values'> {
  const names = [...new Set(rows.flatMap(({ values }) => Object.keys(values)))].toSorted();
  return {
    at: rows.map(({ at }) => at),
    values: Object.fromEntries(names.map((name) => [name, rows.map(({ values }) => values[name] ?? null)])),
  };
}
