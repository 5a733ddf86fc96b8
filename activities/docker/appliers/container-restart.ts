import type { ContainerRestartParams } from '../../../model/changes/index.js';
import type { Applier, ApplyContext } from '../../adapter.js';
import type { ApplierDependencies } from './dependencies.js';
import { sleepFor } from './effects.js';
import { isObject, Journal } from './journal.js';
import { lookedAt } from './look-of.js';
import { asJson, type RestartNotes, restartNotes } from './restart-notes.js';
import { type RestartPlan, restartOne } from './restart-one.js';

/** Restarts one container with the grace time that was planned, and its own stop signal. */
export function containerRestartApplier(dependencies: ApplierDependencies): Applier<ContainerRestartParams> {
  return (change, context) => {
    const { params, object, fresh } = change;
    const journal = new Journal(context);
    const plan: RestartPlan = {
      id: object.uid,
      name: object.name,
      stopTimeoutSeconds: params.stopTimeoutSeconds,
      ...lifeOf(context, object.uid, fresh.startedAt),
      ...(typeof fresh.restartCount === 'number' ? { restartCount: fresh.restartCount } : {}),
      ...(params.drain && { drain: { endpoint: params.drain, key: `${change.id}/drain` } }),
    };
    const note = (notes: RestartNotes): void => journal.note({ restart: asJson(notes) });
    const { docker, fetch, sleep = sleepFor } = dependencies;
    const engine = docker(context.look.target.scope);
    const notes = restartNotes(journal.notes.restart);
    return restartOne({ engine, context, journal, plan, notes, note, begun: false, sleep, fetch });
  };
}

/**
 * Which life is meant to end. The first attempt goes by the look that was just taken, in which the precondition has
 * judged any restart since the planning. A later one goes by the plan: its look may show what an earlier one did.
 */
export function lifeOf(
  context: ApplyContext,
  id: string,
  planned: unknown,
): Pick<RestartPlan, 'startedAt' | 'wasRunning'> {
  const now = lookedAt(context, id);
  const startedAt = (context.attempt === 1 ? now.startedAt : undefined) ?? planned;
  return {
    wasRunning: now.running ?? true,
    ...(typeof startedAt === 'string' ? { startedAt } : {}),
  };
}

/** The planned start time of one of several containers. */
export function plannedStart(fresh: unknown, key: string): unknown {
  return isObject(fresh) ? fresh[key] : undefined;
}
