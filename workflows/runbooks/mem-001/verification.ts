import type { DockerLook } from '../../../model/container.js';
import type { Sample } from '../../../model/evidence.js';
import { belowThreshold, failed, lastPart, notGrowingBack } from '../../../model/memory/soak-checks.js';
import type { Check } from '../../../model/runbook.js';
import { errorLines, newLines } from './log-lines.js';

/**
 * MEM-001 step 5, after the soak. `before` is the look from before the last change, `samples` those of the soak.
 * What can't be checked has not passed; what is not configured is not a check.
 */
export function verify(look: DockerLook, before: DockerLook, samples: readonly Sample[]): readonly Check[] {
  return [
    belowThreshold('below the warning threshold', look, samples),
    notGrowingBack(look, samples, look.identity.startedAt),
    noNewKills(look, before, samples),
    running(look, samples),
    ...othersRunning(look, before),
    cleanLogs(look, before, samples),
    ...probe(look),
  ];
}

/**
 * Kills are counted across restarts as long as a witness remembers them. A count that went back has begun anew (a
 * new worker, a lost log): then the soak's own readings are compared.
 */
function noNewKills(look: DockerLook, before: DockerLook, samples: readonly Sample[]): Check {
  const name = 'no new OOM kill';
  if (look.kills === undefined) return failed(name, 'OOM kills could not be counted');
  const counted = samples.map(({ kills }) => kills).filter((kills) => kills !== undefined);
  const sameThing = before.identity.uid === look.identity.uid;
  const goesOn = sameThing && before.kills !== undefined && look.kills >= before.kills;
  const base = goesOn ? before.kills : counted[0];
  if (base === undefined) return failed(name, 'OOM kills could not be counted at the beginning of the soak');
  // A rise that a new beginning has hidden in the end counts too. Looks and samples may come from two workers, which
  // remember different counts, so they are not compared with each other where that can be avoided.
  const kills = Math.max(look.kills - base, rises(counted));
  return {
    name,
    passed: kills <= 0,
    note: kills <= 0 ? 'none since the last change' : `${kills} since the last change`,
  };
}

/** By how much a counter rose in all, its falls left out. */
function rises(counts: readonly number[]): number {
  return counts.reduce((sum, count, i) => sum + Math.max(0, count - (counts[i - 1] ?? count)), 0);
}

function running(look: DockerLook, samples: readonly Sample[]): Check {
  const name = 'running and healthy';
  const lives = new Set(samples.map(({ startedAt }) => startedAt).filter((one) => one !== undefined));
  if (look.identity.startedAt !== undefined && lives.size > 0) lives.add(look.identity.startedAt);
  if (look.target.kind !== 'host' && lives.size > 1)
    return failed(name, 'it was started anew during the soak');
  if (!look.healthy) return failed(name, look.healthNote ?? 'it is not healthy');
  const sick = lastPart(samples).find(({ healthy }) => healthy === false);
  if (sick !== undefined) return failed(name, `at ${sick.at}: ${sick.healthNote ?? 'it was not healthy'}`);
  return { name, passed: true, note: look.healthNote ?? 'up throughout the last part of the soak' };
}

/** On a host: whatever ran before the last change runs again, and is no less healthy than it was. */
function othersRunning(look: DockerLook, before: DockerLook): readonly Check[] {
  if (look.target.kind !== 'host') return [];
  const name = 'containers are up again';
  const wrong = before.details.containers.flatMap((was) => {
    const now = look.details.containers.find(({ key }) => key === was.key);
    if (was.status !== 'running') return [];
    if (now === undefined || now.status !== 'running' || now.restarting) return [`${was.name} does not run`];
    if (now.health === 'unhealthy' && was.health !== 'unhealthy') return [`${was.name} is unhealthy`];
    return now.health === 'starting' && was.health === 'healthy' ? [`${was.name} is still starting`] : [];
  });
  return [wrong.length === 0 ? { name, passed: true, note: 'all of them' } : failed(name, wrong.join('; '))];
}

function cleanLogs(look: DockerLook, before: DockerLook, samples: readonly Sample[]): Check {
  const name = 'clean logs';
  const gap = look.evidence.find((one) => 'gap' in one && /log/i.test(one.name) && !/kernel/i.test(one.name));
  if (gap !== undefined && 'gap' in gap) return failed(name, `the logs could not be read: ${gap.gap}`);
  const since = samples[0]?.at;
  const found = errorLines(newLines(look.details.logLines, before.details.logLines, since));
  const last = found.at(-1);
  return last === undefined
    ? { name, passed: true, note: 'no new line about a lack of memory' }
    : failed(name, `${found.length} about a lack of memory, last: ${last.slice(0, 160)}`);
}

function probe({ settings, details }: DockerLook): readonly Check[] {
  if (settings.probe === undefined && settings.health === undefined) return [];
  const name = 'answers its probe';
  if (details.probe === undefined) return [failed(name, 'the probe was not made')];
  return [{ name, passed: details.probe.ok, note: details.probe.note }];
}
