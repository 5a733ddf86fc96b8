import type { Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/** A second runbook for the same tanks, for alerts of another runbook in an open incident. */
export const runbook: Runbook<TankLook> = { ...tank, name: 'TANK-2', title: 'Tank overflow' };
