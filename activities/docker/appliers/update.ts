import type { Change, Effect, FieldChange } from '../../../model/change.js';
import type { MemoryLimitParams, RestartPolicyParams } from '../../../model/changes/index.js';
import type { Json, JsonObject } from '../../../model/json.js';
import type { Applier, ApplyContext } from '../../adapter.js';
import { failure, failureType, messageOf } from '../../failure.js';
import type { DockerEngine } from '../client.js';
import { type ContainerState, type PlannedContainer, readContainer } from './container-state.js';
import type { ApplierDependencies } from './dependencies.js';
import { effect } from './effects.js';
import { Journal } from './journal.js';

/** One setting of a container that `docker update` can set. */
interface Setting {
  /** As the engine has it now, in the terms of the change's field. */
  now(state: ContainerState): Json;
  /** What the engine is sent. Throws `Unsupported` for a value that it can't hold. */
  send(value: Json): JsonObject;
}

const memorySettings: Readonly<Record<string, Setting>> = {
  memoryBytes: { now: ({ memoryBytes }) => memoryBytes, send: (value) => ({ Memory: value }) },
  memorySwapBytes: {
    now: ({ memorySwapBytes }) => memorySwapBytes,
    send: (value) => ({ MemorySwap: value }),
  },
};

const policySettings: Readonly<Record<string, Setting>> = {
  restartPolicy: {
    now: ({ restartPolicy }) => restartPolicy,
    send: (value) => ({ RestartPolicy: policyOf(String(value)) }),
  },
};

/** Sets memory and swap limit of a running container to absolute values. */
export function memoryLimitApplier(dependencies: ApplierDependencies): Applier<MemoryLimitParams> {
  return (change, context) => update(change, context, memorySettings, dependencies);
}

/** Sets a container's restart policy. */
export function restartPolicyApplier(dependencies: ApplierDependencies): Applier<RestartPolicyParams> {
  return (change, context) => update(change, context, policySettings, dependencies);
}

/**
 * Idempotent by precondition: every field is as planned (set it), or as wanted (done), or else somebody has set it
 * (left alone). Found done on a later attempt that was sent before, it was us.
 */
async function update(
  change: Change,
  context: ApplyContext,
  settings: Readonly<Record<string, Setting>>,
  { docker }: ApplierDependencies,
): Promise<Effect> {
  const engine = docker(context.look.target.scope);
  const journal = new Journal(context);
  const sentBefore = journal.notes.sending !== undefined;
  const container = { id: change.object.uid, name: change.object.name };
  const fields = change.fields.map((field) => ({ field, setting: settingOf(settings, field) }));
  const state = await readContainer(engine, container, context.signal);
  const isDone = (now: ContainerState): boolean =>
    fields.every(({ field, setting }) => same(setting.now(now), field.after));
  if (isDone(state)) {
    return sentBefore
      ? effect(context, 'applied', told(change.fields), { fields: valuesOf(change.fields) })
      : effect(context, 'alreadyDone', `it was so before: ${told(change.fields)}`);
  }
  refuseDrift(state, fields, container);
  await journal.confirm();
  const wanted: JsonObject = Object.fromEntries(
    fields.flatMap(({ field, setting }) => Object.entries(setting.send(field.after))),
  );
  const warnings = await send(engine, container, wanted, context);
  const after = await readContainer(engine, container, context.signal);
  if (!isDone(after)) {
    const note = `the engine took the new values, but does not show them${warnings}`;
    return effect(context, 'nothing', note);
  }
  return effect(context, 'applied', `${told(change.fields)}${warnings}`, { fields: valuesOf(change.fields) });
}

function settingOf(settings: Readonly<Record<string, Setting>>, field: FieldChange): Setting {
  const setting = settings[field.name];
  if (setting) return setting;
  throw failure('Unsupported', `No container has a setting ${field.name} that could be changed.`);
}

function refuseDrift(
  state: ContainerState,
  fields: readonly { readonly field: FieldChange; readonly setting: Setting }[],
  { name }: PlannedContainer,
): void {
  for (const { field, setting } of fields) {
    const now = setting.now(state);
    if (same(now, field.before) || same(now, field.after)) continue;
    throw failure(
      'PreconditionChanged',
      `${field.name} of container ${name} is ${String(now)} now, not ${String(field.before)}: somebody else has set it.`,
    );
  }
}

/** Answers with the engine's warnings, for the note. */
async function send(
  engine: DockerEngine,
  { id, name }: PlannedContainer,
  wanted: JsonObject,
  { signal }: ApplyContext,
): Promise<string> {
  try {
    const answer: unknown = await engine.call(
      `update container ${name}`,
      (docker) => docker.getContainer(id).update(wanted),
      { signal },
    );
    const warnings =
      typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'Warnings') : undefined;
    return Array.isArray(warnings) && warnings.length > 0
      ? ` (the engine warns: ${warnings.join('; ')})`
      : '';
  } catch (error) {
    throw refusedByKernel(error) ?? error;
  }
}

/**
 * Engines answer 500 where the kernel says no, as it would the next time: cgroup v1 refuses a limit below what is
 * in use (EBUSY), and a memory limit above the one for memory and swap (EINVAL).
 */
function refusedByKernel(error: unknown) {
  const message = messageOf(error);
  if (failureType(error) !== 'Unreachable') return undefined;
  if (!/busy|invalid argument|permission denied|memoryswap|minimum memory|cannot update/i.test(message)) {
    return undefined;
  }
  return failure('Unsupported', message, error);
}

/** An engine gives an unset policy as `no`, an unset limit as 0. */
function same(now: Json, value: Json): boolean {
  return now === value || (now === 0 && value === null) || (now === 'no' && value === '');
}

function policyOf(text: string): JsonObject {
  const match = /^(no|always|unless-stopped|on-failure)(?::(\d+))?$/.exec(text || 'no');
  if (!match)
    throw failure('Unsupported', `"${text}" is no restart policy: no, always, unless-stopped, on-failure:3.`);
  return { Name: match[1] ?? 'no', MaximumRetryCount: Number(match[2] ?? 0) };
}

const told = (fields: readonly FieldChange[]): string =>
  fields.map(({ name, before, after }) => `${name} ${String(before)} → ${String(after)}`).join(', ');

const valuesOf = (fields: readonly FieldChange[]): JsonObject =>
  Object.fromEntries(fields.map(({ name, after }): [string, Json] => [name, after]));
