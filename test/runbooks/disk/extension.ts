/** What DISK-001 brings to a worker: how its targets are read, and how its changes are made. */
import { fileURLToPath } from 'node:url';
import type Docker from 'dockerode';
import {
  type Applier,
  type ApplyContext,
  type Change,
  defineExtension,
  type Extension,
  failure,
  type Identity,
  type ReadContext,
  type Sample,
  type Target,
  type TargetAdapter,
} from '../../../workflows/authoring.js';
import { DiskContainer } from './container.js';
import type { DiskDetails, DiskLook, DiskSettings, Folder } from './kinds.js';
import { runbook } from './runbook.js';

/** The extension for one Docker engine. `url` as in DOCKER_HOST, a unix socket. */
export function diskExtension(url: string): Extension {
  const containerOf = ({ container }: DiskSettings) => new DiskContainer(url, container);
  return defineExtension<DiskLook>({
    runbook,
    module: fileURLToPath(new URL('./runbook.js', import.meta.url)),
    adapters: [adapter(containerOf)],
    appliers: { 'disk.removeFiles': remover(url), 'disk.restart': restarter(url) },
  });
}

function adapter(
  containerOf: (settings: DiskSettings) => DiskContainer,
): TargetAdapter<DiskDetails, DiskSettings> {
  return {
    targetKinds: ['containerDisk'],
    async read(target, settings, context) {
      const container = containerOf(settings);
      const state = await container.inspect(context.signal);
      const at = context.now().toISOString();
      const identity = { uid: state.Id, name: settings.container, startedAt: state.State.StartedAt };
      const health = healthOf(state);
      const about = { containerKey: keyOf(target, settings), ...stateOf(state, settings) };
      if (!state.State.Running) {
        const blind = `${settings.container} is ${state.State.Status}: its disk can't be read`;
        return {
          identity,
          blind,
          ...health,
          evidence: [],
          details: { ...about, removable: [] },
          goingOn: [],
        };
      }
      const [{ used, limit }, removable] = await Promise.all([
        readDisk(container, identity, settings, context),
        Promise.all(settings.remove.map(({ path }) => readFolder(container, identity, path, context))),
      ]);
      return {
        identity,
        measure: {
          used,
          limit,
          unit: 'bytes',
          percent: (used / limit) * 100,
          against: 'the size of the disk',
        },
        ...health,
        evidence: [
          { source: 'df', name: 'disk.used', at, value: used, unit: 'bytes' },
          { source: 'df', name: 'disk.size', at, value: limit, unit: 'bytes' },
          ...removable.map(({ path, bytes }) => ({
            ...{ source: 'du', name: 'folder.used', subject: path, at, value: bytes },
            unit: 'bytes' as const,
          })),
        ],
        details: { ...about, removable },
        goingOn: [],
      };
    },
    async sample(_target, settings, context): Promise<Sample> {
      const at = context.now().toISOString();
      try {
        const container = containerOf(settings);
        const state = await container.inspect(context.signal);
        const identity = { uid: state.Id, name: settings.container, startedAt: state.State.StartedAt };
        const disk = await readDisk(container, identity, settings, context);
        return { at, ...disk, ...healthOf(state), id: identity.uid, startedAt: identity.startedAt };
      } catch (error) {
        context.signal.throwIfAborted();
        return { at, gap: error instanceof Error ? error.message : String(error) };
      }
    },
  };
}

const keyOf = ({ scope }: Target, { container }: DiskSettings): string => `${scope}/${container}`;

function healthOf({ State }: Docker.ContainerInspectInfo): { healthy: boolean; healthNote?: string } {
  return State.Running && !State.Paused
    ? { healthy: true }
    : { healthy: false, healthNote: `it is ${State.Status}` };
}

function stateOf({ State, HostConfig }: Docker.ContainerInspectInfo, { path }: DiskSettings) {
  return { status: State.Status, tmpfs: Object.hasOwn(HostConfig.Tmpfs ?? {}, path) };
}

async function readDisk(
  container: DiskContainer,
  { uid }: Identity,
  { path }: DiskSettings,
  { signal }: ReadContext,
): Promise<{ used: number; limit: number }> {
  const line = (await container.run(uid, ['df', '-P', '-k', path], signal)).trim().split('\n').at(-1) ?? '';
  const [, blocks, used, available] = line.split(/\s+/).map(Number);
  if (blocks === undefined || used === undefined || available === undefined || Number.isNaN(used))
    throw failure('Unreachable', `df said nothing that can be read about ${path}: ${line}`);
  // What only root may use counts as used: the service can't write there.
  return { used: (blocks - available) * 1024, limit: blocks * 1024 };
}

const filesBelow = (path: string): readonly string[] => [
  'find',
  path,
  '-xdev',
  '-mindepth',
  '1',
  '-type',
  'f',
];

const count = (printed: string): number => printed.split('\n').filter((line) => line !== '').length;

async function readFolder(
  container: DiskContainer,
  { uid }: Identity,
  path: string,
  { signal }: ReadContext,
): Promise<Folder> {
  // A folder that is not there holds nothing: a tmpfs is empty after a restart.
  if (!(await container.hasFolder(uid, path, signal))) return { path, files: 0, bytes: 0 };
  const [files, size] = await Promise.all([
    container.run(uid, filesBelow(path), signal),
    container.run(uid, ['du', '-s', '-k', path], signal),
  ]);
  return { path, files: count(files), bytes: Number.parseInt(size, 10) * 1024 };
}

/** Removing what is gone already does no harm: a later attempt only finds less. */
function remover(url: string): Applier {
  return async (change, context) => {
    const path = String(change.params.path);
    if (!path.startsWith('/') || path === '/' || path.split('/').includes('..'))
      throw failure('Misconfigured', `${path} can't be emptied: name a folder by its whole path`);
    const container = new DiskContainer(url, change.object.name);
    await same(container, change, context);
    await context.confirm();
    const removed = await container.run(
      change.object.uid,
      [...filesBelow(path), '-print', '-exec', 'rm', '-f', '{}', '+'],
      context.signal,
    );
    const files = count(removed);
    return {
      status: files > 0 ? 'applied' : 'nothing',
      at: context.now().toISOString(),
      note: `removed ${files} files below ${path}`,
      details: { files },
    };
  };
}

/** A start time other than the planned one means that it was started anew: by an earlier attempt or by others. */
function restarter(url: string): Applier {
  return async (change, context) => {
    const container = new DiskContainer(url, change.object.name);
    const { startedAt } = await same(container, change, context);
    const at = context.now().toISOString();
    if (startedAt !== change.fresh.startedAt)
      return { status: 'superseded', at, note: `it was started anew already, at ${startedAt}`, details: {} };
    await context.confirm();
    await container.restart(change.object.uid, context.signal);
    const after = await same(container, change, context);
    const note = `started anew at ${after.startedAt}`;
    return { status: 'applied', at: context.now().toISOString(), note, details: { ...after } };
  };
}

async function same(
  container: DiskContainer,
  { object }: Change,
  { signal }: ApplyContext,
): Promise<{ startedAt: string }> {
  const { Id, State } = await container.inspect(signal);
  if (Id !== object.uid) throw failure('PreconditionChanged', `${object.name} is another container now`);
  return { startedAt: State.StartedAt };
}
