import type { Severity } from '../alert.js';
import type { Sample } from '../evidence.js';
import { byteRate, count, duration, percent as inPercent } from '../format.js';
import type { Target } from '../target.js';
import type { Case, Firing } from '../watch.js';

export interface Said {
  readonly summary: string;
  readonly description: string;
}

export interface Raised extends Said {
  readonly severity: Severity;
  /** How many things happened, where they are counted. */
  readonly count?: number;
}

/** One thing that a watch looks for. */
export interface Condition {
  /** Name of its alert. */
  name(target: Target): string;
  /** True: an incident hears of it, too. Otherwise it is only posted. */
  readonly opens: boolean;
  /** Told again after so many seconds where more has happened since. */
  readonly againSeconds: number;
  /** It ends after so many calm samples in a row. */
  readonly calmSamples: number;
  raised(given: Case): Raised | undefined;
  isCalm(given: Case, before: Firing): boolean;
  ended(given: Case): Said;
}

/** Below the threshold by this many points of percent before it ends: use that wavers does not fire anew. */
const hysteresisPercent = 5;

/** MEM-001's proactive check, with the growth and the time that is left. */
const memoryHigh: Condition = {
  name: () => 'MemoryHighProactive',
  opens: true,
  againSeconds: 300,
  calmSamples: 3,
  raised({ plan, figures }) {
    const { percent } = figures;
    if (percent === undefined || percent < plan.thresholdPercent) return undefined;
    return {
      severity: percent >= plan.criticalPercent ? 'critical' : 'warning',
      summary: `Memory of ${plan.target.key} is at ${inPercent(percent)} (threshold ${plan.thresholdPercent} %)`,
      description: growthText(figures),
    };
  },
  isCalm: ({ plan, figures: { percent } }) =>
    percent !== undefined && percent < plan.thresholdPercent - hysteresisPercent,
  ended: ({ plan, figures: { percent } }) => ({
    summary: `Memory of ${plan.target.key} is at ${inPercent(percent ?? 0)} again`,
    description: `Below ${plan.thresholdPercent - hysteresisPercent} % in three samples.`,
  }),
};

function growthText({ bytesPerSecond, secondsToLimit }: Case['figures']): string {
  if (bytesPerSecond === undefined) return 'Too few samples to tell how it grows.';
  if (secondsToLimit === undefined) return 'It does not grow.';
  return `It grows by ${byteRate(bytesPerSecond)}: the limit is reached in ${duration(secondsToLimit)}.`;
}

/** As the shipped rule ContainerMemoryGrowing: the limit within an hour, and already more than 60 % in use. */
const growing = { withinSeconds: 3600, abovePercent: 60 } as const;

/** Only posted: at a normal level a runbook would find nothing to do yet. */
const memoryGrowing: Condition = {
  name: () => 'MemoryGrowing',
  opens: false,
  againSeconds: 300,
  calmSamples: 5,
  raised({ plan, figures, samples }) {
    const { percent = 0, secondsToLimit } = figures;
    // Above the threshold the other alert says it.
    if (percent < growing.abovePercent || percent >= plan.thresholdPercent) return undefined;
    if (secondsToLimit === undefined || secondsToLimit > growing.withinSeconds) return undefined;
    if (samples.length < enoughSamples || !isHigherThanBefore(samples)) return undefined;
    return {
      severity: 'warning',
      summary: `Memory of ${plan.target.key} grows: its limit is reached in ${duration(secondsToLimit)}`,
      description: `At ${inPercent(percent)} now. ${growthText(figures)}`,
    };
  },
  isCalm: ({ plan, figures: { percent = 0, secondsToLimit } }) =>
    percent >= plan.thresholdPercent ||
    secondsToLimit === undefined ||
    secondsToLimit > 2 * growing.withinSeconds,
  ended: ({ plan, figures: { percent = 0 } }) => ({
    summary:
      percent >= plan.thresholdPercent
        ? `Memory of ${plan.target.key} has grown over its threshold`
        : `Memory of ${plan.target.key} no longer grows towards its limit`,
    description: `At ${inPercent(percent)} now.`,
  }),
};

/** The later half reaches higher than the earlier one: a sawtooth of collected garbage does not. */
function isHigherThanBefore(samples: readonly Sample[]): boolean {
  const highest = (part: readonly Sample[]) => Math.max(0, ...part.map(({ used = 0 }) => used));
  const middle = Math.floor(samples.length / 2);
  return highest(samples.slice(middle)) > highest(samples.slice(0, middle));
}

/** Growth is told after this many samples: fewer say little. */
const enoughSamples = 10;

/** An OOM kill stays news for this long, seconds. */
const killNewsSeconds = 600;

const oomKilled: Condition = {
  name: ({ kind }) => `${nameOf(kind)}OOMKilled`,
  opens: true,
  againSeconds: 300,
  calmSamples: 1,
  raised({ plan, kills, outage, proof }) {
    if (kills.count === 0) return undefined;
    const witnesses = proof?.witnesses ? ` Seen by: ${proof.witnesses}.` : '';
    const when = outage
      ? `while nobody looked, from ${outage.from} to ${outage.to}`
      : 'since the last sample';
    return {
      severity: 'critical',
      count: kills.count,
      summary: `The kernel killed for want of memory in ${plan.target.key}: ${count(kills.count, 'kill')}`,
      description: `${count(kills.count, 'OOM kill')} ${when}.${witnesses}`,
    };
  },
  isCalm: ({ sample }, { raisedAt }) =>
    Date.parse(sample.at) - Date.parse(raisedAt) >= killNewsSeconds * 1000,
  ended: ({ plan }) => ({
    summary: `No more OOM kills in ${plan.target.key}`,
    description: `None within ${duration(killNewsSeconds)}.`,
  }),
};

/** So many samples in a row, so that a restart under way is not taken for a fault. */
const unhealthySamples = 2;

const unhealthy: Condition = {
  name: ({ kind }) => `${nameOf(kind)}Unhealthy`,
  opens: true,
  againSeconds: 300,
  calmSamples: 2,
  raised({ plan, samples, sample }) {
    if (!lastAre(samples, unhealthySamples, ({ healthy }) => healthy === false)) return undefined;
    return {
      severity: 'warning',
      summary: `${plan.target.key} is not well: ${sample.healthNote ?? 'no reason was given'}`,
      description: `In ${unhealthySamples} samples in a row.`,
    };
  },
  isCalm: ({ sample }) => sample.healthy === true,
  ended: ({ plan }) => ({
    summary: `${plan.target.key} is well again`,
    description: 'In two samples in a row.',
  }),
};

/** Nobody is to think that all is well where nothing can be seen. */
const blindSamples = 5;

const blind: Condition = {
  name: () => 'WatchBlind',
  opens: false,
  againSeconds: 300,
  calmSamples: 1,
  raised({ plan, samples, sample }) {
    if (!lastAre(samples, blindSamples, ({ used }) => used === undefined)) return undefined;
    return {
      severity: 'warning',
      summary: `${plan.target.key} can't be watched: ${sample.gap ?? sample.healthNote ?? 'it could not be read'}`,
      description: `No figure in ${blindSamples} samples in a row.`,
    };
  },
  isCalm: ({ sample }) => sample.used !== undefined,
  ended: ({ plan }) => ({
    summary: `${plan.target.key} can be read again`,
    description: 'It is watched again.',
  }),
};

/** The gap in the watching itself, and what could be found out about it afterwards. */
const interrupted: Condition = {
  name: () => 'WatchInterrupted',
  opens: false,
  againSeconds: 300,
  calmSamples: 1,
  raised({ plan, outage, kills, proof }) {
    if (!outage) return undefined;
    return {
      severity: 'warning',
      summary: `${plan.target.key} was not observed from ${outage.from} to ${outage.to}`,
      description: meanwhile(kills, proof),
    };
  },
  isCalm: () => true,
  ended: ({ plan }) => ({
    summary: `${plan.target.key} is observed again`,
    description: 'Samples come in time.',
  }),
};

function meanwhile(kills: Case['kills'], proof: Case['proof']): string {
  const by = proof?.witnesses ? ` (${proof.witnesses})` : '';
  if (kills.count > 0) return `${count(kills.count, 'OOM kill')} meanwhile${by}.`;
  if (kills.unknown) return `Whether there were OOM kills meanwhile can't be told: ${kills.unknown}.`;
  return `No OOM kill meanwhile, by its counters${by}.`;
}

function lastAre(samples: readonly Sample[], n: number, holds: (sample: Sample) => boolean): boolean {
  return samples.length >= n && samples.slice(-n).every(holds);
}

/** `Container`, `Host`, `HostProcess`, and what added runbooks call theirs. */
function nameOf(kind: string): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

export const conditions: readonly Condition[] = [
  memoryHigh,
  memoryGrowing,
  oomKilled,
  unhealthy,
  blind,
  interrupted,
];
