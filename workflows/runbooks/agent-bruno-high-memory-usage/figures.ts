import type { OomKill } from '../../../model/container.js';
import type { Growth } from '../../../model/diagnosis.js';
import type { Measure, Sample } from '../../../model/evidence.js';
import type { PodReading, SessionReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { type Accounts, accountsOf } from './accounts.js';
import { type AppFigures, appFigures } from './app-figures.js';
import { type Following, memoryFollowsSessions } from './following.js';
import { type Course, courseOf, type Floor, floorOf, type Life, lifeOf } from './life.js';
import { type Load, loadOf } from './load.js';

/** What every rule of the diagnosis reads: one look, made ready. */
export interface Figures {
  readonly look: WorkloadLook;
  /** Names of the alerts that fire for it. */
  readonly alerts: readonly string[];
  readonly measure: Measure;
  /** Of the latest part of the present life. */
  readonly growth: Growth | undefined;
  readonly course: Course;
  readonly life: Life;
  readonly floor: Floor;
  /** Requests at once, against what is usual. */
  readonly load: Load;
  readonly kills: readonly OomKill[];
  /** The fullest pod. */
  readonly worst: PodReading | undefined;
  /** Of the process itself, by `exec` or as the app says. */
  readonly rssBytes: number | undefined;
  readonly sessions: SessionReading | undefined;
  readonly following: Following;
  /** Sessions now against the lowest number in their history; absent without a history. */
  readonly sessionRise: number | undefined;
  /** Mean bytes of one session in Redis. */
  readonly bytesPerSession: number | undefined;
  readonly app: AppFigures;
  readonly accounts: Accounts;
}

/** Undefined where the measure itself is missing: then there is nothing to diagnose. */
export function figuresOf(
  look: WorkloadLook,
  samples: readonly Sample[],
  alerts: readonly string[] = [],
): Figures | undefined {
  const { measure, details } = look;
  if (measure === undefined) return undefined;
  const worst =
    details.pods.find((pod) => pod.workingSetBytes !== undefined || killedAndDown(pod)) ?? details.pods[0];
  const { sessions } = details;
  const app = appFigures(worst);
  const rssBytes = worst?.process?.rssBytes ?? app.residentBytes;
  const life = lifeOf(look, samples, measure, worst);
  const { growth, course } = courseOf(life, measure);
  const floor = floorOf(life, worst?.startedAt);
  return {
    look,
    alerts,
    measure,
    growth,
    course,
    life,
    floor,
    load: loadOf(look, worst, app, life),
    kills: details.oomKills.filter(({ recent }) => recent),
    worst,
    rssBytes,
    sessions,
    following: memoryFollowsSessions(look),
    sessionRise: sessionRise(look),
    bytesPerSession:
      sessions?.bytes === undefined || sessions.keys === 0 ? undefined : sessions.bytes / sessions.keys,
    app,
    accounts: accountsOf({ look, measure, worst, app, sessions, rssBytes, life, floor }),
  };
}

/** It does not run, because it was killed at its limit: then the measure is that limit. */
function killedAndDown({ startedAt, lastEnd }: PodReading): boolean {
  return startedAt === undefined && lastEnd?.reason === 'OOMKilled';
}

function sessionRise({ details: { sessions, sessionHistory } }: WorkloadLook): number | undefined {
  const counts = sessionHistory.map(({ count }) => count);
  const now = sessions?.keys ?? counts.at(-1);
  return now === undefined || counts.length === 0 ? undefined : now / Math.max(1, Math.min(...counts));
}
