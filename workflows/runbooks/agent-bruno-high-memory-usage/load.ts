import { median } from '../../../model/growth.js';
import type { PodReading, WorkloadLook } from '../../../model/kubernetes/details.js';
import { type AppFigures, trailOf } from './app-figures.js';
import { spearman } from './correlation.js';
import { type Life, usedAt } from './life.js';

/** So many requests at once are load to be reckoned with. */
const busyRequests = 10;
/** Where what is usual is known: so many times that. */
const timesUsual = 1.5;
/** Fewer readings say nothing of what is usual. */
const fewestReadings = 8;
/** Rank correlation from which memory is said to have risen with the requests. */
const risesFrom = 0.6;

/** Requests that are answered at once. */
export interface Load {
  readonly inFlight: number;
  /** Enough to be reckoned with: many, and more than usual where that is known. */
  readonly busy: boolean;
  /** Memory has risen and fallen with them; undefined: their history is not known. */
  readonly memoryRises?: boolean;
  /** `it is answering 60 requests at once, usually 12`. */
  readonly words: string;
}

/** How busy the fullest pod is, against its own history where Prometheus has it. */
export function loadOf(look: WorkloadLook, worst: PodReading | undefined, app: AppFigures, life: Life): Load {
  const inFlight = app.inFlight ?? 0;
  const trail = trailOf(look.details, worst, 'inFlight');
  const words = `it is answering ${inFlight} requests at once`;
  if (trail.length < fewestReadings) return { inFlight, busy: inFlight >= busyRequests, words };
  const usual = median(trail.slice(0, Math.ceil(trail.length / 2)).map(({ value }) => value));
  const pairs = trail.flatMap(({ at, value }) => {
    const used = usedAt(life, at);
    return used === undefined ? [] : [{ value, used }];
  });
  const rho = spearman(
    pairs.map(({ value }) => value),
    pairs.map(({ used }) => used),
  );
  return {
    inFlight,
    busy: inFlight >= busyRequests && inFlight >= usual * timesUsual,
    memoryRises: pairs.length >= fewestReadings && rho >= risesFrom,
    words: `${words}, before it was ${Math.round(usual)}`,
  };
}
