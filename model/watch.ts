/** The rules of watching a target between alerts: when people and runbooks are told of what. All of it pure. */
import type { Alert, Severity } from './alert.js';
import { digest } from './digest.js';
import type { Sample } from './evidence.js';
import { growthOf } from './growth.js';
import { percentOf } from './samples.js';
import type { Target } from './target.js';
import { type Condition, conditions } from './watch/conditions.js';
import { isOther, killsSince } from './watch/kills.js';

/** One configured watch, as data. */
export interface WatchPlan {
  readonly target: Target;
  readonly runbook: string;
  readonly thresholdPercent: number;
  /** From here on its alert is critical. */
  readonly criticalPercent: number;
  readonly everySeconds: number;
  /** Where its alerts are posted, too. */
  readonly postTo?: string;
  /** Name of the secret that is sent as a bearer token. */
  readonly bearerSecret?: string;
}

/** What a watch remembers from sample to sample. */
export interface WatchState {
  /** The latest samples, oldest first: growth is judged over them. */
  readonly samples: readonly Sample[];
  /** When it was last seen, and what stood behind its name then: a sample that is only a gap sees nothing. */
  readonly seen?: { readonly at: string; readonly id?: string };
  /** OOM kills counted so far. */
  readonly kills?: number;
  /** By alert name. */
  readonly firing: Readonly<Record<string, Firing>>;
}

export interface Firing {
  readonly since: string;
  readonly severity: Severity;
  /** When it was last told, and when something last spoke for it. ISO. */
  readonly toldAt: string;
  readonly raisedAt: string;
  /** Samples in a row that speak for its end. */
  readonly calm: number;
  /** Kills since it was last told. */
  readonly untold: number;
}

/** What a full look says of the time since the last sample: asked for where a sample alone can't tell. */
export interface Proof {
  /** OOM kills since then that have a time, however many witnesses each has; absent: not known. */
  readonly kills?: number;
  /** Who saw them: `kernel log, docker event`. */
  readonly witnesses: string;
}

/** Something to tell. `opens`: an incident hears of it, too. */
export interface Told {
  readonly alert: Alert;
  readonly opens: boolean;
  readonly figures: Figures;
}

/** The figures that go with an alert. Bytes, percent, seconds. */
export interface Figures {
  readonly percent?: number;
  readonly used?: number;
  readonly limit?: number;
  readonly bytesPerSecond?: number;
  readonly secondsToLimit?: number;
  readonly kills?: number;
}

export const emptyWatch: WatchState = { samples: [], firing: {} };

/** Samples that are kept: half an hour of them at one a minute. */
const keptSamples = 30;
/** An alert that goes on firing is told again after this long: its incident may have ended without help. */
const repeatSeconds = 3600;

/** Seconds without a sample after which it is said that nobody looked: three were missed, and some time to start. */
export function outageSeconds({ everySeconds }: Pick<WatchPlan, 'everySeconds'>): number {
  return 3 * everySeconds + 10;
}

/** From when to when nothing was observed before this sample, if that was too long. */
export function outage(
  { seen }: WatchState,
  sample: Sample,
  plan: WatchPlan,
): { readonly from: string; readonly to: string } | undefined {
  if (seen === undefined || !isSeen(sample)) return undefined;
  const seconds = (Date.parse(sample.at) - Date.parse(seen.at)) / 1000;
  return seconds > outageSeconds(plan) ? { from: seen.at, to: sample.at } : undefined;
}

/** True where the sample alone does not say what happened since the last one: a full look has to. */
export function needsProof(state: WatchState, sample: Sample, plan: WatchPlan): boolean {
  if (state.seen === undefined || !isSeen(sample)) return false;
  const changed = sample.kills !== undefined && state.kills !== undefined && sample.kills !== state.kills;
  return changed || isOther(state, sample) || outage(state, sample, plan) !== undefined;
}

/** The sample knows what it looked at, running or not. */
export function isSeen({ id, used }: Sample): boolean {
  return id !== undefined || used !== undefined;
}

/** Everything that the conditions judge by. */
export interface Case {
  readonly plan: WatchPlan;
  readonly sample: Sample;
  /** With this sample. */
  readonly samples: readonly Sample[];
  readonly figures: Figures;
  readonly kills: ReturnType<typeof killsSince>;
  readonly outage: ReturnType<typeof outage>;
  readonly proof: Proof | undefined;
}

/** Judges one sample: what is to be told because of it, and what is to be remembered. */
export function judgeSample(
  state: WatchState,
  sample: Sample,
  plan: WatchPlan,
  proof?: Proof,
): { readonly state: WatchState; readonly tell: readonly Told[] } {
  const samples = [...state.samples, sample].slice(-keptSamples);
  const kills = killsSince(state, sample, proof);
  const given: Case = {
    plan,
    sample,
    samples,
    kills,
    figures: figuresOf(samples, sample, kills.count),
    outage: outage(state, sample, plan),
    proof,
  };
  const firing: Record<string, Firing> = {};
  const tell: Told[] = [];
  for (const condition of conditions) {
    const name = condition.name(plan.target);
    const judged = judgeCondition(condition, given, state.firing[name]);
    if (judged.firing) firing[name] = judged.firing;
    if (judged.told) tell.push(told(condition, given, judged.told));
  }
  const counted = kills.baseline === undefined ? {} : { kills: kills.baseline };
  return { state: { samples, firing, ...seenBy(state, sample), ...counted }, tell };
}

function seenBy({ seen }: WatchState, sample: Sample): Pick<WatchState, 'seen'> {
  if (!isSeen(sample)) return seen ? { seen } : {};
  const id = sample.id ?? seen?.id;
  return { seen: { at: sample.at, ...(id !== undefined && { id }) } };
}

function figuresOf(samples: readonly Sample[], sample: Sample, kills: number): Figures {
  const percent = percentOf(sample);
  const growth = growthOf(samples);
  return {
    ...(percent !== undefined && { percent, used: sample.used, limit: sample.limit }),
    ...(growth && { bytesPerSecond: growth.bytesPerSecond }),
    ...(growth?.secondsToLimit !== undefined && { secondsToLimit: growth.secondsToLimit }),
    ...(kills > 0 && { kills }),
  };
}

/** What is told of a condition: it fires (also: again, or worse), or it has ended. */
interface Saying {
  readonly status: 'firing' | 'resolved';
  readonly severity: Severity;
  readonly since: string;
  readonly summary: string;
  readonly description: string;
}

function judgeCondition(
  condition: Condition,
  given: Case,
  before: Firing | undefined,
): { readonly firing?: Firing; readonly told?: Saying } {
  const { at } = given.sample;
  const raised = condition.raised(given);
  if (raised) {
    const since = before?.since ?? at;
    const severity = before?.severity === 'critical' ? 'critical' : raised.severity;
    const untold = (before?.untold ?? 0) + (raised.count ?? 0);
    const news = before === undefined || severity !== before.severity || isDue(condition, before, untold, at);
    const kept = { since, severity, raisedAt: at, calm: 0 };
    if (!news) return { firing: { ...kept, toldAt: before.toldAt, untold } };
    return {
      firing: { ...kept, toldAt: at, untold: 0 },
      told: { ...raised, status: 'firing', severity, since },
    };
  }
  if (!before) return {};
  const calm = condition.isCalm(given, before) ? before.calm + 1 : 0;
  if (calm < condition.calmSamples) return { firing: { ...before, calm } };
  const { since, severity } = before;
  return { told: { status: 'resolved', severity, since, ...condition.ended(given) } };
}

/** Time to tell it again: more of it has come, or it has gone on for long. */
function isDue({ againSeconds }: Condition, before: Firing, untold: number, at: string): boolean {
  const seconds = (Date.parse(at) - Date.parse(before.toldAt)) / 1000;
  return seconds >= (untold > 0 ? againSeconds : repeatSeconds);
}

function told(condition: Condition, { plan, sample, figures }: Case, saying: Saying): Told {
  const { target, runbook } = plan;
  const { status, severity, since, summary, description } = saying;
  const name = condition.name(target);
  return {
    opens: condition.opens,
    figures,
    alert: {
      name,
      status,
      severity,
      fingerprint: digest({ name, target: target.key }).slice(0, 16),
      labels: { alertname: name, severity, target: target.key, kind: target.kind, runbook },
      annotations: { summary, description },
      startsAt: since,
      receivedAt: sample.at,
      runbook,
      source: 'watch',
    },
  };
}
