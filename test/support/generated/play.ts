import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { type IncidentResult, workflowIds } from '../../../workflows/contract.js';
import { type Scene, unlike } from '../histories/shape.js';
import { alertFor, type Bench, tankTarget } from '../nightshift.js';
import type { Tank } from '../tank/world.js';
import { holdNeighbour } from './neighbour.js';
import type { Planned } from './plan.js';
import { patient, type Stage } from './stage.js';

/** A planned incident that has run. */
export interface Played extends Planned {
  readonly workflowId: string;
  readonly runId: string;
  /** Absent where it was cut short. */
  readonly result?: IncidentResult;
}

/** Its story holds the other change for some seconds, which is too short where many share the machine. */
const waitedFor = 'waited-for-another-change';

/** How many run beside each other: more only wait longer on two cores. */
const atOnce = 24;

/**
 * Plays all of them on the bench, whose workers must run, and returns them in the order of their plan. Throws where
 * one of them does not come out as its shape says.
 */
export async function playAll(
  night: Bench,
  stage: Stage,
  plans: readonly Planned[],
): Promise<readonly Played[]> {
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  night.policyFor = ({ key }) => {
    const name = key.slice(key.lastIndexOf('/') + 1).replace(/-neighbour$/, '');
    return byName.get(name)?.policy ?? night.policy;
  };
  const played = new Map<Planned, Played>();
  const playOne = async (plan: Planned): Promise<void> => {
    played.set(plan, await play(patient(night), stage, plan));
  };
  // One that waits for the only other change under way, and those that change nothing disruptive beside it.
  const waiting = plans.filter(({ kind }) => kind === waitedFor);
  const restarting = plans.filter((plan) => plan.known.restarts > 0 && !waiting.includes(plan));
  const others = plans.filter((plan) => plan.known.restarts === 0);
  await Promise.all([inTurn(waiting, playOne), together(others, playOne)]);
  await together(restarting, playOne);
  return plans.map((plan) => played.get(plan)).filter((one) => one !== undefined);
}

async function inTurn(plans: readonly Planned[], playOne: (plan: Planned) => Promise<void>): Promise<void> {
  for (const plan of plans) await playOne(plan);
}

/** The slow ones first: they only wait. */
async function together(plans: readonly Planned[], playOne: (plan: Planned) => Promise<void>): Promise<void> {
  const left = plans.toSorted((a, b) => Number(b.known.slow) - Number(a.known.slow)).values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const plan of left) await playOne(plan);
    }),
  );
}

async function play(night: Bench, stage: Stage, plan: Planned): Promise<Played> {
  const { name, shape, cut } = plan;
  const { key } = tankTarget(name);
  const world = stage.viewFor(plan);
  const waits = plan.kind === waitedFor;
  const letGo = waits ? await holdNeighbour(night, world, name) : undefined;
  if (!waits) await shape.before?.(night, world, name);
  const tank = world.tank(key, plan.tank === 'none' ? {} : plan.tank);
  if (plan.tank === 'none') world.tanks.delete(key);
  const handle = await open(night, plan);
  const { runId } = await handle.describe();
  const about = { workflowId: handle.workflowId, runId };
  if (cut) {
    await cutShort(night, handle, cut);
    return { ...plan, ...about };
  }
  await shape.play?.(sceneOf(night, plan, { world, handle, tank, key }));
  await letGo?.(handle);
  const result = await night.result(handle);
  const why = unlike(shape, result);
  if (why !== undefined)
    throw new Error(`${name} (${shape.name}): ${why}\n${JSON.stringify(result.report.timeline, null, 1)}`);
  return { ...plan, ...about, result };
}

/** The alert's name varies, its fingerprint does not: the stories resolve and repeat it by that. */
function open(night: Bench, { name, alert, shape, cut }: Planned): Promise<WorkflowHandle> {
  const given = alertFor(alert.name, { fingerprint: 'TankFull-1', ...alert });
  if (cut === 'timed-out') return openWithTimeLimit(night, name, given);
  return night.open(name, given, shape.observeOnly === undefined ? {} : { observeOnly: shape.observeOnly });
}

async function openWithTimeLimit(
  { client }: Bench,
  name: string,
  alert: ReturnType<typeof alertFor>,
): Promise<WorkflowHandle> {
  const target = tankTarget(name);
  await client.workflow.signalWithStart(alert.runbook, {
    workflowId: workflowIds.incident(target.key),
    taskQueue: 'nightshift',
    workflowRunTimeout: '5s',
    args: [{ target, openedBy: alert.source, observeOnly: false, product: 'test' }],
    signal: 'alert',
    signalArgs: [alert],
  });
  return client.workflow.getHandle(workflowIds.incident(target.key));
}

async function cutShort(night: Bench, handle: WorkflowHandle, cut: Planned['cut']): Promise<void> {
  if (cut === 'terminated') {
    await night.until(handle, ({ openDecision }) => openDecision !== undefined);
    await handle.terminate('nobody looks after it any more');
  }
  await handle.result().then(
    () => Promise.reject(new Error(`${handle.workflowId} was not ${cut}`)),
    (error: unknown) => {
      if (!(error instanceof WorkflowFailedError)) throw error;
    },
  );
}

function sceneOf(
  night: Bench,
  { people, hesitates }: Planned,
  about: Pick<Scene, 'world' | 'handle' | 'key'> & { readonly tank: Tank },
): Scene {
  const { handle } = about;
  const until: Scene['until'] = (holds) => night.until(handle, holds);
  const pause: Scene['pause'] = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const named = (by: string | undefined): string => (by === 'ben' ? people.ben : people.ana);
  return {
    ...about,
    night,
    until,
    pause,
    async asked() {
      const { openDecision } = await until((view) => view.openDecision !== undefined);
      await pause(hesitates);
      return openDecision?.hash ?? '';
    },
    decide: ({ by, ...decision }) =>
      handle.executeUpdate('decide', {
        args: [{ answer: 'approve', verified: 'token', ...decision, by: by === 'mallory' ? by : named(by) }],
      }),
  };
}
