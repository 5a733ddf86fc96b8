import type { WorkflowHandle } from '@temporalio/client';
import { workflowIds } from '../../../workflows/contract.js';
import { type Bench, tankTarget } from '../nightshift.js';
import type { World } from '../tank/world.js';

const person = { by: 'ana', verified: 'token', reason: 'until somebody waits for it' };

/**
 * Another tank whose restart is under way, and stays so however slow the machine: its incident is paused in the
 * middle of it, with its lease. Returns what lets it go on once the given incident waits for that lease.
 */
export async function holdNeighbour(
  night: Bench,
  world: World,
  name: string,
): Promise<(waiting: WorkflowHandle) => Promise<void>> {
  const { key } = tankTarget(`${name}-neighbour`);
  world.tank(key);
  const neighbour = night.client.workflow.getHandle(workflowIds.incident(key));
  const paused = new Promise<void>((resolve) => {
    world.before = async (effect) => {
      if (!effect.endsWith(key)) return;
      await neighbour.signal('pause', person);
      resolve();
    };
  });
  await night.open(`${name}-neighbour`);
  await paused;
  return async (waiting) => {
    await night.until(waiting, ({ ladder }) =>
      ladder.some(({ changes }) => changes.some(({ state }) => state === 'awaiting lease')),
    );
    await neighbour.signal('resume', person);
  };
}
