/**
 * Records a history of every shape of incident into test/histories: `node scripts/record-histories.mjs [name …]`.
 * Docs: docs/histories.md.
 */
import { join } from 'node:path';
import type { WorkflowHandle } from '@temporalio/client';
import type { IncidentResult } from '../../workflows/contract.js';
import { entities, findEntity } from './histories/entities.js';
import { keep } from './histories/keep.js';
import { kubernetesShapes, playOnCluster } from './histories/kubernetes-shapes.js';
import { playReal, realShapes } from './histories/real-shapes.js';
import { type RealShape, type Scene, type Shape, unlike } from './histories/shape.js';
import { tankShapes } from './histories/tank-shapes.js';
import { alertFor, type Bench, bench, quick } from './nightshift.js';
import { runbook as lasting } from './tank/lasting.js';
import { runbook as overflow } from './tank/overflow.js';
import { runbook } from './tank/runbook.js';
import { World } from './tank/world.js';

const folder = join(process.cwd(), 'test', 'histories');
const wanted = process.argv.slice(2);
const isWanted = (name: string): boolean => wanted.length === 0 || wanted.includes(name);
/** A whole night of shapes passes in minutes: no budget of an hour may stop the last of them. */
const policy = { ...quick, budget: { perObjectPerHour: 5, perScopePerHour: 1000, atOnce: 10 } };
const failed: string[] = [];
const nothing = async (): Promise<void> => undefined;

async function tanks(): Promise<void> {
  const world = new World();
  const night = await bench(world, [runbook, overflow, lasting]);
  try {
    await night.startWorkers();
    for (const shape of tankShapes)
      if (isWanted(shape.name)) await trying(shape.name, () => tank(night, world, shape));
    for (const name of entities) {
      if (!isWanted(name)) continue;
      night.policy = policy;
      await trying(name, async () => keepIt(name, await findEntity[name](night, world)));
    }
  } finally {
    await night.close();
  }
}

async function tank(night: Bench, world: World, shape: Shape): Promise<void> {
  const { name, play } = shape;
  const key = `tanks/here/${name}`;
  Object.assign(world, { before: nothing, after: nothing });
  night.policy = { ...policy, ...shape.policy };
  await shape.before?.(night, world, name);
  const given = shape.tank === 'none' ? {} : (shape.tank ?? {});
  const one = world.tank(key, given);
  if (shape.tank === 'none') world.tanks.delete(key);
  const more = shape.observeOnly === undefined ? {} : { observeOnly: shape.observeOnly };
  const handle = await night.open(name, alertFor('TankFull', shape.alert), more);
  await play?.(scene(night, world, handle, { key, tank: one }));
  await keepShape(shape, handle, await night.result(handle));
}

function scene(
  night: Bench,
  world: World,
  handle: WorkflowHandle,
  about: Pick<Scene, 'key' | 'tank'>,
): Scene {
  const until: Scene['until'] = (holds) => night.until(handle, holds);
  return {
    ...about,
    night,
    world,
    handle,
    until,
    asked: async () =>
      (await until(({ openDecision }) => openDecision !== undefined)).openDecision?.hash ?? '',
    decide: (decision) =>
      handle.executeUpdate('decide', {
        args: [{ answer: 'approve', by: 'ana', verified: 'token', ...decision }],
      }),
    pause: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
  };
}

async function keepShape(shape: RealShape, handle: WorkflowHandle, result: IncidentResult): Promise<void> {
  const why = unlike(shape, result);
  if (why !== undefined)
    throw new Error(`${shape.name}: ${why}\n${JSON.stringify(result.report.timeline, null, 1)}`);
  await keepIt(shape.name, handle);
}

async function keepIt(name: string, handle: WorkflowHandle): Promise<void> {
  const bytes = await keep(folder, name, handle);
  console.log(`${name}: ${Math.ceil(bytes / 1024)} KiB`);
}

/** One shape that can't be had any more is told at the end; the others are recorded all the same. */
async function trying(name: string, record: () => Promise<void>): Promise<void> {
  try {
    await record();
  } catch (error) {
    failed.push(name);
    console.error(`${name}: not recorded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

await tanks();
for (const shape of realShapes)
  if (isWanted(shape.name))
    await trying(shape.name, () => playReal(shape, (handle, result) => keepShape(shape, handle, result)));
for (const shape of kubernetesShapes)
  if (isWanted(shape.name))
    await trying(shape.name, () =>
      playOnCluster(shape, (handle, result) => keepShape(shape, handle, result)),
    );
if (failed.length > 0) console.error(`not recorded: ${failed.join(', ')}`);
process.exit(failed.length > 0 ? 1 : 0);
