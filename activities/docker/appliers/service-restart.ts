import type { Change, Effect } from '../../../model/change.js';
import type { ServiceRestartParams } from '../../../model/changes/index.js';
import { isFinal } from '../../../model/errors.js';
import type { JsonObject } from '../../../model/json.js';
import type { Applier, ApplyContext } from '../../adapter.js';
import { failureType, messageOf } from '../../failure.js';
import { lifeOf, plannedStart } from './container-restart.js';
import { readContainer } from './container-state.js';
import type { ApplierDependencies } from './dependencies.js';
import { effect, sleepFor } from './effects.js';
import { isObject, Journal } from './journal.js';
import { asJson, restartNotes } from './restart-notes.js';
import { restartOne } from './restart-one.js';

type Member = ServiceRestartParams['containers'][number];

/** What became of one container; kept for later attempts. */
interface Done {
  readonly status: Effect['status'];
  readonly note: string;
  readonly details: JsonObject;
}

/** What the steps of one service's restart share. */
interface Service {
  readonly change: Change<ServiceRestartParams>;
  readonly context: ApplyContext;
  readonly dependencies: ApplierDependencies;
  readonly journal: Journal;
}

/** A dependent that starts before its dependency is healthy may fail: so long it is waited for, milliseconds. */
const healthyWithinMs = 45_000;
const pollMs = 500;

/**
 * Restarts the containers of a service one after another, in the order planned, each once: what is done is noted,
 * so a later attempt goes on where the last one was. It stops at the first one that can't be restarted or doesn't
 * become healthy, and says which were left as they are.
 */
export function serviceRestartApplier(dependencies: ApplierDependencies): Applier<ServiceRestartParams> {
  return async (change, context) => {
    const service: Service = { change, context, dependencies, journal: new Journal(context) };
    const { containers } = change.params;
    const done: [Member, Done][] = [];
    for (const member of containers) {
      const result = earlier(service, member) ?? (await attempt(service, member, done.length > 0));
      if (typeof result === 'string') return told(service, done, result);
      done.push([member, result]);
      const unhealthy = await untilHealthy(service, member);
      if (unhealthy !== undefined && done.length < containers.length) return told(service, done, unhealthy);
    }
    return told(service, done);
  };
}

function earlier({ journal }: Service, { id }: Member): Done | undefined {
  const all = journal.notes.done;
  const one = isObject(all) ? all[id] : undefined;
  if (!isObject(one) || typeof one.note !== 'string' || !isObject(one.details)) return undefined;
  const { status } = one;
  if (status !== 'applied' && status !== 'superseded' && status !== 'nothing') return undefined;
  return { status, note: one.note, details: one.details };
}

/** Restarts one; answers with the reason where that can't be done and others were restarted before. */
async function attempt(service: Service, member: Member, begun: boolean): Promise<Done | string> {
  try {
    const { status, note, details } = await restartMember(service, member, begun);
    const { journal } = service;
    const before = isObject(journal.notes.done) ? journal.notes.done : {};
    journal.note({ done: { ...before, [member.id]: { status, note, details } }, restart: null });
    return { status, note, details };
  } catch (error) {
    if (begun) return reasonOrThrow(error);
    throw error;
  }
}

function restartMember(service: Service, member: Member, begun: boolean): Promise<Effect> {
  const { change, context, dependencies, journal } = service;
  const { docker, sleep = sleepFor, fetch } = dependencies;
  const of = journal.notes.restartOf;
  return restartOne({
    engine: docker(context.look.target.scope),
    context,
    journal,
    plan: { ...member, ...lifeOf(context, member.id, plannedStart(change.fresh.startedAt, member.key)) },
    notes: of === member.id ? restartNotes(journal.notes.restart) : undefined,
    note: (notes) => journal.note({ restartOf: member.id, restart: asJson(notes) }),
    begun,
    sleep,
    fetch,
  });
}

/** Once something was done it must be told: a final failure would make it look as if nothing had been. */
function reasonOrThrow(error: unknown): string {
  if (isFinal(failureType(error))) return messageOf(error);
  throw error;
}

/** Waits for a container that has a health check. Answers with the reason where it does not become healthy. */
async function untilHealthy(service: Service, member: Member): Promise<string | undefined> {
  const { context, dependencies, journal } = service;
  const { docker, sleep = sleepFor } = dependencies;
  const engine = docker(context.look.target.scope);
  const until = performance.now() + healthyWithinMs;
  for (;;) {
    const state = await readContainer(engine, member, context.signal).catch(reasonOrThrow);
    if (typeof state === 'string') return state;
    if (!state.running) return `${member.name} does not run: ${state.status}, exit code ${state.exitCode}`;
    if (state.health === 'none' || state.health === 'healthy') return undefined;
    if (state.health === 'unhealthy') return `${member.name} is unhealthy`;
    if (performance.now() > until) return `${member.name} was not healthy within ${healthyWithinMs / 1000} s`;
    await journal.whileBeating(sleep(pollMs, context.signal));
  }
}

function told(
  { change, context }: Service,
  done: readonly (readonly [Member, Done])[],
  stoppedBy?: string,
): Effect {
  const rest = change.params.containers.slice(done.length).map(({ name }) => name);
  const parts = done.map(([{ name }, { note }]) => `${name}: ${note}`);
  if (stoppedBy !== undefined) {
    parts.push(`stopped there (${stoppedBy})${rest.length > 0 ? `; not restarted: ${rest.join(', ')}` : ''}`);
  }
  const status = done.some(([, one]) => one.status === 'applied')
    ? 'applied'
    : (done[0]?.[1].status ?? 'nothing');
  const containers = Object.fromEntries(
    done.map(([{ key }, one]): [string, JsonObject] => [key, { status: one.status, ...one.details }]),
  );
  return effect(context, status, parts.join('; '), { containers, notRestarted: rest });
}
