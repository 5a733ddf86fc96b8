import type { Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

/** A candidate: the restart comes first, and the gentle remedies after it. */
export const runbook: Runbook<TankLook> = { ...tank, ladder: tank.ladder.toReversed() };
