import type { Cause, Diagnosis } from '../../../model/diagnosis.js';
import type { Sample } from '../../../model/evidence.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import { ranked } from '../../../model/memory/weigh.js';
import { again } from './again.js';
import { nodePressure, pageCache } from './causes/elsewhere.js';
import { leak, limitTooSmall, trafficPeak } from './causes/growing.js';
import { largeContexts, tooManySessions } from './causes/held.js';
import { poolExhaustion } from './causes/pools.js';
import { type Figures, figuresOf } from './figures.js';
import { levelOf } from './level.js';
import { causes } from './names.js';
import { withRelated } from './related.js';

/** A cause that weighs less is not told from the others. */
const toldFrom = 0.45;
/** Two causes nearer to each other than this look alike. */
const apart = 0.1;

/**
 * The level as measured on the worst replica, how it grows, and the source's five causes ranked by the evidence for
 * and against them. Where none stands out the first one is `unclear`: nothing that disrupts is done for a guess
 * that another cause may belie.
 */
export function diagnose(
  look: WorkloadLook,
  samples: readonly Sample[],
  alerts: readonly string[] = [],
): Diagnosis {
  const figures = figuresOf(look, samples, alerts);
  if (figures === undefined)
    return {
      level: 'normal',
      levelWhy: `memory itself could not be read: ${look.blind ?? 'no reason was given'}`,
      causes: [],
    };
  const { growth } = figures;
  const { level, levelWhy } = withRelated(levelOf(figures), figures);
  const rankedCauses = level === 'normal' ? ranked([nodePressure(figures)]) : told(ranked(all(figures)));
  const later = level === 'normal' ? undefined : again(figures, rankedCauses);
  return {
    level,
    levelWhy,
    causes: rankedCauses,
    ...(growth !== undefined && { growth }),
    ...(later !== undefined && { again: later }),
  };
}

function all(figures: Figures): readonly (Cause | undefined)[] {
  return [
    tooManySessions(figures),
    poolExhaustion(figures),
    leak(figures),
    largeContexts(figures),
    limitTooSmall(figures),
    nodePressure(figures),
    trafficPeak(figures),
    pageCache(figures),
  ];
}

/** Puts `unclear` first where no cause stands out. */
function told(list: readonly Cause[]): readonly Cause[] {
  const [first, second] = list;
  if (first === undefined) return [unclear('nothing that was read speaks for a cause', 0.2)];
  if (first.weight < toldFrom)
    return [unclear(`${first.name} is likeliest, and little speaks for it`, first.weight), ...list];
  if (second !== undefined && first.weight - second.weight < apart)
    return [unclear(`${first.name} and ${second.name} look alike`, first.weight), ...list];
  return list;
}

function unclear(why: string, weight: number): Cause {
  return {
    name: causes.unclear,
    summary: `What fills the memory can't be told: ${why}.`,
    weight,
    evidenceFor: [],
    evidenceAgainst: [],
  };
}
