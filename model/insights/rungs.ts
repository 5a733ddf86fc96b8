import { behind } from './behind.js';
import { groupBy, spread } from './statistics.js';
import type { RungInsight, Told, Try } from './types.js';

interface Tried {
  readonly incident: Told;
  readonly one: Try;
}

/** How each rung did, the most tried first. Only changes that were planned count; a rung left out did nothing. */
export function rungInsights(incidents: readonly Told[]): readonly RungInsight[] {
  const all = incidents.flatMap((incident) => incident.told.tries.map((one) => ({ incident, one })));
  const groups = groupBy(all, ({ one }) => `${one.runbook}\n${one.remedy}`);
  return [...groups.values()].map(rung).sort((a, b) => b.tried - a.tried);
}

function rung(tried: readonly Tried[]): RungInsight {
  const tries = tried.map(({ one }) => one);
  const having = (result: Try['result']): number => tries.filter((one) => one.result === result).length;
  const freed = spread(tries.flatMap(({ freedBytes }) => freedBytes ?? []));
  return {
    runbook: tries[0]?.runbook ?? '',
    remedy: tries[0]?.remedy ?? '',
    tried: tries.length,
    applied: having('applied'),
    helped: tries.filter(({ helped }) => helped === true).length,
    measured: tries.filter(({ helped }) => helped !== undefined).length,
    worse: tries.filter(({ worse }) => worse).length,
    failed: having('failed'),
    noEffect: having('no effect'),
    rejected: having('rejected'),
    expired: having('expired'),
    void: having('void'),
    left: having('left'),
    refusedBy: refusers(tries),
    ...(freed && { freed }),
    behind: behind(tried.map(({ incident }) => incident)),
  };
}

function refusers(tries: readonly Try[]): Readonly<Record<string, number>> {
  const names = tries.flatMap(({ refusedBy }) => refusedBy ?? []);
  const counted = [...groupBy(names, (name) => name)].map(([name, group]) => [name, group.length] as const);
  return Object.fromEntries(counted.sort(([, a], [, b]) => b - a));
}
