import { takeLook } from '../activities/incident/look.js';
import type { Config } from '../config/types.js';
import type { Extension } from '../model/extension.js';
import type { AnyLook } from '../model/look.js';
import { type LadderPlan, planLadder } from '../model/plan.js';
import type { Runbook } from '../model/runbook.js';
import type { Target } from '../model/target.js';
import { connectEngines } from './engines.js';
import { hostReader } from './host.js';
import { createRegistry } from './registry.js';

/** Kills in the hour before count as recent, as they do when an incident begins. */
const recentMs = 3_600_000;

export interface PlanRequest {
  readonly config: Config;
  readonly target: Target;
  readonly runbook: Runbook<AnyLook>;
  readonly signal: AbortSignal;
  readonly extensions?: readonly Extension[];
}

/** A dry run: the look that was taken, and the ladder as it would be climbed on it. */
export interface Planned {
  readonly look: AnyLook;
  readonly plan: LadderPlan;
}

/**
 * Looks at the target as an incident would and plans its ladder, without Temporal. Nothing is changed. Throws
 * `TargetGone` and `Misconfigured` as a look does.
 */
export async function planOnce(request: PlanRequest): Promise<Planned> {
  const { target, runbook, signal, extensions = [] } = request;
  const config = (): Config => request.config;
  const engines = connectEngines(config);
  try {
    const registry = createRegistry({ config, engines, host: hostReader(), extensions });
    const now = registry.now();
    const since = new Date(now.getTime() - recentMs).toISOString();
    const look = await takeLook(registry, { target, runbook: runbook.name, why: 'dry run', since }, signal);
    const circumstances = { now: now.toISOString(), decided: false, observeOnly: false };
    return { look, plan: planLadder(runbook, look, circumstances) };
  } finally {
    engines.close();
  }
}
