import { planContainerRestart } from '../../../../model/changes/container-restart.js';
import { appContainer } from '../../../../model/changes/object.js';
import type { ContainerReading, DockerLook } from '../../../../model/container.js';
import type { Diagnosis } from '../../../../model/diagnosis.js';
import { bytes } from '../../../../model/format.js';
import { rankContainers, sparedWhy } from '../../../../model/memory/ranking.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { chosenContainer, honestLoad } from './pieces.js';

/** MEM-001 step 4, rollback option 1. On a host the bloated one is chosen by rank, never a protected one. */
export const restartContainer: Remedy<DockerLook> = {
  name: 'restart-container',
  title: 'Restart the bloated container',
  usually: 'outage',
  propose(look, diagnosis) {
    const load = honestLoad(look, diagnosis);
    if (load !== null) return { skip: load };
    if (look.target.kind === 'host') return onHost(look, diagnosis);
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

function onHost(look: DockerLook, diagnosis: Diagnosis): Proposal {
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
  const pointless = tooLittle(look, container, diagnosis);
  if (pointless !== null) return { skip: pointless };
  // The drain call belongs to the app that the configuration names, not to whatever ranks first.
  const drain = appContainer(look)?.id === container.id ? look.settings.drain : undefined;
  return { changes: [planContainerRestart(container, drain)] };
}

/** Where most of the memory is elsewhere, a restart is worth it only if it alone brings the host down. */
function tooLittle(look: DockerLook, container: ContainerReading, diagnosis: Diagnosis): string | null {
  const [cause] = diagnosis.causes;
  const { measure, policy } = look;
  if (cause === undefined || cause.name === 'bloated-container' || measure === undefined) return null;
  const over = measure.used - (measure.limit * policy.thresholds.warningPercent) / 100;
  const back = container.workingSetBytes ?? 0;
  return back >= over
    ? null
    : `restarting ${container.name} would give back ${bytes(back)} at most, ${bytes(over)} are too much: ${cause.summary}`;
}
