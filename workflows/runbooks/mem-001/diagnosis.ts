import type { DockerLook } from '../../../model/container.js';
import type { Diagnosis } from '../../../model/diagnosis.js';
import type { Sample } from '../../../model/evidence.js';
import { memoryLevel } from '../../../model/memory/level.js';
import { ranked } from '../../../model/memory/weigh.js';
import { bloatedContainer, bloatedProcess, sparedContainer } from './causes/bloated.js';
import { hostPageCache, inNoProcessCause, swapping } from './causes/elsewhere.js';
import { leak, limitTooSmall, trafficPeak } from './causes/growing.js';
import { cacheTooLarge, garbage, pageCacheOnly } from './causes/reclaimable.js';
import { type Figures, figuresOf, isRunning } from './figures.js';

/**
 * MEM-001's diagnosis: the level as measured, how it grows, and the causes ranked by the evidence for and against
 * them. `samples` are the readings of this incident so far, oldest first; none is fine, and says less.
 */
export function diagnose(look: DockerLook, samples: readonly Sample[]): Diagnosis {
  const figures = figuresOf(look, samples);
  // Never act blind: without the measure there is no level that would allow anything.
  if (figures === undefined)
    return {
      level: 'normal',
      levelWhy: `memory itself could not be read: ${look.blind ?? 'no reason was given'}`,
      causes: [],
    };
  const { measure, growth, kills } = figures;
  const { level, levelWhy } = memoryLevel({
    measure,
    policy: look.policy,
    kills,
    running: isRunning(look),
    growth,
  });
  return {
    level,
    levelWhy,
    causes: level === 'normal' ? quietCauses(figures) : causesOf(figures),
    ...(growth !== undefined && { growth }),
  };
}

/** Below the threshold nothing is wrong; what may have looked wrong is explained. */
function quietCauses(figures: Figures) {
  return ranked([pageCacheOnly(figures), hostPageCache(figures)]);
}

function causesOf(figures: Figures) {
  const { kind } = figures.look.target;
  if (kind === 'host')
    return ranked([
      bloatedContainer(figures),
      sparedContainer(figures),
      bloatedProcess(figures),
      inNoProcessCause(figures),
      swapping(figures),
    ]);
  return ranked([
    leak(figures),
    cacheTooLarge(figures),
    garbage(figures),
    limitTooSmall(figures),
    trafficPeak(figures),
    inNoProcessCause(figures),
    swapping(figures),
  ]);
}
