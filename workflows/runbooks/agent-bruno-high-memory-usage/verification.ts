import type { Measure, Sample } from '../../../model/evidence.js';
import { byteRate, bytes, duration, percent as percentText } from '../../../model/format.js';
import { growthOf } from '../../../model/growth.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Check } from '../../../model/runbook.js';
import { percentOf } from '../../../model/samples.js';

/** A rise over the soak below this share of the limit is noise: a warm heap, a log buffer. */
const noiseShare = 0.01;
/** The threshold may be back only after so many times the soak, within these bounds. Seconds. */
const horizon = { timesTheSoak: 12, least: 120, most: 6 * 3600 };

/**
 * The source's four verifications, after the soak: memory of the worst replica, no new OOM kill, the trend, and that
 * it works (`POST /chat`); and that every replica is ready. What can't be checked has not passed.
 */
export function verify(
  look: WorkloadLook,
  before: WorkloadLook,
  samples: readonly Sample[],
): readonly Check[] {
  return [
    worstReplica(look, samples),
    trend(look, samples),
    noNewKills(look, before, samples),
    replicasReady(look),
    rolloutDone(look),
    ...functional(look),
  ];
}

/** The later half: the first one may still show what the change did. */
function lastPart(samples: readonly Sample[]): readonly Sample[] {
  return samples.slice(Math.floor(samples.length / 2));
}

function worstReplica(look: WorkloadLook, samples: readonly Sample[]): Check {
  const name = 'worst replica below the warning threshold';
  const { warningPercent } = look.policy.thresholds;
  const part = lastPart(samples);
  const read = part.map(percentOf).filter((value) => value !== undefined);
  if (look.measure === undefined)
    return failed(name, `memory could not be read: ${look.blind ?? 'no reason was given'}`);
  if (samples.length === 0) return failed(name, 'there is not one sample of the soak');
  if (read.length * 2 < part.length)
    return failed(name, `only ${read.length} of the last ${part.length} samples could be read`);
  const worst = Math.max(look.measure.percent, ...read);
  return {
    name,
    passed: worst < warningPercent,
    note: `${percentText(worst)} at worst, warning from ${warningPercent} %`,
  };
}

function trend(look: WorkloadLook, samples: readonly Sample[]): Check {
  const name = 'not growing back';
  const { measure } = look;
  if (measure === undefined) return failed(name, 'memory could not be read');
  const end = { at: look.at, used: measure.used, limit: measure.limit };
  const growth = growthOf([...lastPart(samples), end]) ?? growthOf([...samples, end]);
  if (growth === undefined) return failed(name, 'there are too few readings to tell');
  const rise = growth.bytesPerSecond * growth.overSeconds;
  if (growth.secondsToLimit === undefined || rise < noiseShare * measure.limit)
    return {
      name,
      passed: true,
      note: `no growth beyond noise in ${duration(growth.overSeconds)} (${bytes(Math.round(rise))})`,
    };
  return growingBack(name, look, measure, samples, growth.bytesPerSecond);
}

function growingBack(
  name: string,
  look: WorkloadLook,
  { used, limit }: Measure,
  samples: readonly Sample[],
  bytesPerSecond: number,
): Check {
  const threshold = (limit * look.policy.thresholds.warningPercent) / 100;
  const back = Math.max(0, threshold - used) / bytesPerSecond;
  const soak = (Date.parse(look.at) - Date.parse(samples[0]?.at ?? look.at)) / 1000;
  const wanted = Math.min(horizon.most, Math.max(horizon.least, horizon.timesTheSoak * soak));
  return {
    name,
    passed: back > wanted,
    note: `${byteRate(bytesPerSecond)}: the threshold is back in ${duration(back)}, wanted more than ${duration(wanted)}`,
  };
}

function noNewKills(look: WorkloadLook, before: WorkloadLook, samples: readonly Sample[]): Check {
  const name = 'no new OOM kill';
  if (look.kills === undefined) return failed(name, 'OOM kills could not be counted');
  const counted = samples.map(({ kills }) => kills).filter((kills) => kills !== undefined);
  // Pods that were replaced take their counts with them, so only a rise says something.
  const base =
    before.kills !== undefined && look.kills >= before.kills ? before.kills : (counted[0] ?? look.kills);
  const rises = counted.reduce((sum, count, i) => sum + Math.max(0, count - (counted[i - 1] ?? count)), 0);
  const kills = Math.max(look.kills - base, rises);
  return {
    name,
    passed: kills <= 0,
    note: kills <= 0 ? 'none since the last change' : `${kills} since the last change`,
  };
}

function replicasReady({ details: { workload } }: WorkloadLook): Check {
  const name = 'replicas ready';
  const { replicas, readyReplicas } = workload;
  const note = `${readyReplicas} of ${replicas}`;
  return { name, passed: replicas > 0 && readyReplicas >= replicas, note };
}

function rolloutDone({ details: { workload } }: WorkloadLook): Check {
  const name = 'no rollout under way';
  return workload.rollout === undefined
    ? { name, passed: true, note: `all ${workload.updatedReplicas} replicas are of the present template` }
    : failed(name, workload.rollout);
}

/** What is not configured is not a check. */
function functional({ settings, details }: WorkloadLook): readonly Check[] {
  if (settings.probe === undefined) return [];
  const name = `answers ${settings.probe.method} ${settings.probe.path}`;
  if (details.probe === undefined) return [failed(name, 'the probe was not made')];
  return [{ name, passed: details.probe.ok, note: details.probe.note }];
}

function failed(name: string, note: string): Check {
  return { name, passed: false, note };
}
