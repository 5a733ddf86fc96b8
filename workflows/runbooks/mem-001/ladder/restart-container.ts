import { planContainerRestart } from '../../../../model/changes/container-restart.js';
import { appContainer } from '../../../../model/changes/object.js';
import type { DockerLook } from '../../../../model/container.js';
import { bytes } from '../../../../model/format.js';
import { rankContainers, sparedWhy } from '../../../../model/memory/ranking.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { killsOf } from '../figures.js';
import { chosenContainer, leading } from './pieces.js';

/** MEM-001 step 4, rollback option 1. On a host the bloated one is chosen by rank, never a protected one. */
export const restartContainer: Remedy<DockerLook> = {
  name: 'restart-container',
  title: 'Restart the bloated container',
  usually: 'outage',
  propose(look, diagnosis) {
    const cause = leading(diagnosis);
    if (cause === 'traffic-peak' && killsOf(look).length === 0)
      return { skip: 'it is busy, not leaking: a restart drops its requests, and the memory comes back' };
    if (look.target.kind === 'host') return onHost(look);
    const container = chosenContainer(look);
    if ('skip' in container) return container;
    const spared = sparedWhy(container, look);
    // A data service that is itself the target was named by a person; a protected one never is.
    if (spared !== undefined && spared !== 'a data service')
      return { skip: `${container.name} is ${spared}` };
    return container.paused
      ? { skip: `${container.name} is paused: somebody stopped it on purpose` }
      : { changes: [planContainerRestart(container, look.settings.drain)] };
  },
};

function onHost(look: DockerLook): Proposal {
  const { host, hostGap } = look.details;
  if (host === undefined)
    return { skip: `nothing is done host-wide: ${hostGap ?? "the host's memory was not read"}` };
  const container = chosenContainer(look);
  if ('skip' in container) {
    const spared = rankContainers(look).filter((one) => one.spared !== undefined);
    const list = spared
      .slice(0, 3)
      .map((one) => `${one.container.name} (${bytes(one.container.workingSetBytes)}, ${one.spared})`);
    return { skip: list.length === 0 ? container.skip : `${container.skip}; spared: ${list.join(', ')}` };
  }
  if (container.paused) return { skip: `${container.name} is paused: somebody stopped it on purpose` };
  // The drain call belongs to the app that the configuration names, not to whatever ranks first.
  const drain = appContainer(look)?.id === container.id ? look.settings.drain : undefined;
  return { changes: [planContainerRestart(container, drain)] };
}
