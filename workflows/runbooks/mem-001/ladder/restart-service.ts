import { isOneShot } from '../../../../model/changes/restart-policy.js';
import { planServiceRestart } from '../../../../model/changes/service-restart.js';
import type { ContainerReading, DockerLook } from '../../../../model/container.js';
import { dependencyOrder } from '../../../../model/memory/order.js';
import { sparedWhy } from '../../../../model/memory/ranking.js';
import type { Remedy } from '../../../../model/runbook.js';
import { honestLoad } from './pieces.js';

/** MEM-001's rollback option 3: all containers of the service, in dependency order, always with a decision. */
export const restartService: Remedy<DockerLook> = {
  name: 'restart-service',
  title: 'Restart all containers of the service',
  usually: 'outage',
  propose(look, diagnosis) {
    const load = honestLoad(look, diagnosis);
    if (load !== null) return { skip: load };
    const { service } = look.settings;
    const name = service?.composeProject ?? service?.label;
    if (service === undefined || name === undefined)
      return { skip: 'no service is configured for this target (service: in nightshift.yaml)' };
    const members = membersOf(look);
    const leftOut = members.flatMap((one) => {
      const why = leftOutWhy(one, look);
      return why === undefined ? [] : [{ name: one.name, why }];
    });
    const taken = members.filter((one) => leftOutWhy(one, look) === undefined);
    if (taken.length === 0) return { skip: `the service ${name} has no container that may be restarted` };
    if (taken.length === 1 && look.target.kind === 'container' && taken[0]?.key === look.target.key)
      return { skip: `the service ${name} has only this container: see restart-container` };
    const ordered = dependencyOrder(taken, service.order);
    return { changes: [planServiceRestart(look.target.scope, name, ordered, leftOut)] };
  },
};

/** Containers of the compose project, or with the label (`name`, or `name=value`). */
function membersOf({ details, settings }: DockerLook): readonly ContainerReading[] {
  const { composeProject, label } = settings.service ?? {};
  const all = [...details.containers];
  const { container } = details;
  if (container !== undefined && !all.some(({ id }) => id === container.id)) all.push(container);
  return all.filter((one) => {
    if (composeProject !== undefined) return one.composeProject === composeProject;
    const [key = '', ...value] = (label ?? '').split('=');
    const has = one.labels[key];
    return has !== undefined && (value.length === 0 || has === value.join('='));
  });
}

function leftOutWhy(container: ContainerReading, look: DockerLook): string | undefined {
  if (container.paused) return 'paused';
  if (container.gap !== undefined) return `not read: ${container.gap}`;
  if (isOneShot(container, look)) return 'a one-shot container';
  return sparedWhy(container, look);
}
