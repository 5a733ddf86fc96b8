import type { Effect } from '../../../model/change.js';
import type { CacheClearParams, ServiceDegradeParams } from '../../../model/changes/index.js';
import { bytes as sized } from '../../../model/format.js';
import type { Json, JsonObject } from '../../../model/json.js';
import type { Applier, ApplyContext } from '../../adapter.js';
import { type Answer, answerObject, callEndpoint } from '../../service/call.js';
import type { ApplierDependencies } from './dependencies.js';
import { effect } from './effects.js';
import { Journal } from './journal.js';

/**
 * Clears one cache of the app. The change's id is the idempotency key, so that a repeat of a call whose answer was
 * lost clears nothing that has come in since.
 */
export function cacheClearApplier(dependencies: ApplierDependencies): Applier<CacheClearParams> {
  return async (change, context) => {
    const { endpoint, cache } = change.params;
    const answer = await call(change.id, endpoint, context, dependencies);
    return clearedEffect(cache, answer, context);
  };
}

/** Switches the app's non-essential features: on and off are the same kind with the two calls exchanged. */
export function serviceDegradeApplier(dependencies: ApplierDependencies): Applier<ServiceDegradeParams> {
  return async (change, context) => {
    const { call: endpoint, features } = change.params;
    const answer = await call(change.id, endpoint, context, dependencies);
    const to = change.fields.find(({ name }) => name === 'features')?.after ?? 'switched';
    const said = answerObject(answer);
    const details: JsonObject = { status: answer.status, ...(said ? { answer: figures(said) } : {}) };
    const unclear = said || answer.text.trim() === '' ? '' : `; ${notJson(answer)}`;
    return effect(context, 'applied', `${features}: ${String(to)}${unclear}`, details);
  };
}

async function call(
  key: string,
  endpoint: CacheClearParams['endpoint'],
  context: ApplyContext,
  { fetch }: ApplierDependencies,
): Promise<Answer> {
  const journal = new Journal(context);
  await journal.confirm();
  const { signal } = context;
  const secret = (name: string): string => context.secret(name);
  return journal.whileBeating(callEndpoint(endpoint, { idempotencyKey: key, signal, secret, fetch }));
}

function clearedEffect(cache: string, answer: Answer, context: ApplyContext): Effect {
  const said = answerObject(answer);
  const details: JsonObject = { status: answer.status, replayed: answer.replayed };
  if (!said) {
    const note = answer.text.trim() === '' ? `answered ${answer.status} without a word` : notJson(answer);
    return effect(context, 'applied', `${note}: what was cleared is unknown`, details);
  }
  const cleared = count(said, ['cleared', 'removed', 'deleted', 'evicted', 'items', 'count']);
  const freedBytes = count(said, ['freedBytes', 'bytes', 'freed_bytes']);
  const known = {
    ...details,
    ...(cleared === undefined ? {} : { cleared }),
    ...(freedBytes === undefined ? {} : { freedBytes }),
    answer: figures(said),
  };
  if (cleared === undefined && freedBytes === undefined) {
    return effect(context, 'applied', `the ${cache} cache was cleared; the app does not say how much`, known);
  }
  const status = (cleared ?? 0) === 0 && (freedBytes ?? 0) === 0 ? 'nothing' : 'applied';
  const items = cleared === undefined ? '' : `${cleared} items`;
  const freed = freedBytes === undefined ? '' : `${sized(freedBytes)} by its own account`;
  const note = `cleared ${[items, freed].filter((part) => part !== '').join(', ')}`;
  return effect(context, status, note, known);
}

const notJson = (answer: Answer): string => `answered ${answer.status} with something that is not JSON`;

function count(said: JsonObject, names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = said[name];
    if (typeof value === 'number' && Number.isFinite(value)) return value;
  }
  return undefined;
}

/** Figures and short words of an answer: what is kept of it. At most 20. */
export function figures(said: JsonObject): JsonObject {
  const kept = Object.entries(said).filter(([, value]: [string, Json]) =>
    typeof value === 'string' ? value.length <= 60 : typeof value === 'number' || typeof value === 'boolean',
  );
  return Object.fromEntries(kept.slice(0, 20));
}
