import type { Cause, Diagnosis } from '../../../model/diagnosis.js';
import type { Figures } from './figures.js';
import { causes } from './names.js';

/** So long, read every few seconds, and a course is known: growing or steady (`life.ts`). Seconds. */
const courseSeconds = 70;
/** Rollouts take tens of seconds. */
const rolloutSeconds = 20;

/**
 * When it is worth to look again before people are woken: where the cause can't be told only because how memory goes
 * is not known yet, and while somebody else's rollout replaces the pods. A rollout whose pods crash is not waited for.
 */
export function again(
  { look, course }: Pick<Figures, 'look' | 'course'>,
  [lead]: readonly Cause[],
): Diagnosis['again'] {
  const { workload, pods } = look.details;
  const crashing = pods.some(({ waiting, restarts }) => waiting !== undefined && restarts > 0);
  if (workload.rollout !== undefined && !workload.paused && !crashing)
    return { seconds: rolloutSeconds, why: `a rollout is under way: ${workload.rollout}` };
  if (lead?.name === causes.unclear && course === 'unknown')
    return { seconds: courseSeconds, why: 'how its memory goes is not known yet' };
  return undefined;
}
