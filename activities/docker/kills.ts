import type { LoggedKill } from '../host/oom-log.js';
import type { Inspect, RawContainer } from './container.js';
import type { ContainerEvent } from './events.js';
import type { KillCounter } from './kill-counter.js';
import type { Ends } from './oom.js';

/** What an engine gives as the end of a container that never ended. */
const never = '0001-01-01T00:00:00Z';

/** What a container's state and cgroup say of its ends. */
export function endsOf({ inspect, cgroup }: RawContainer): Ends {
  const { State: state } = inspect;
  return {
    id: inspect.Id,
    name: inspect.Name.replace(/^\//, ''),
    startedAt: state.StartedAt,
    finishedAt: state.FinishedAt,
    running: state.Running,
    oomKilled: state.OOMKilled && state.FinishedAt !== never,
    exitCode: state.ExitCode,
    restartCount: inspect.RestartCount,
    ...(cgroup?.oomKills === undefined ? {} : { cgroupKills: cgroup.oomKills }),
  };
}

/** Counts a container's OOM kills. The same for looks and samples, so that their counts can be compared. */
export function countKills(
  counter: KillCounter,
  inspect: Inspect,
  witnesses: {
    readonly cgroupKills?: number;
    readonly logged?: readonly LoggedKill[];
    readonly events?: readonly ContainerEvent[];
  },
): number | undefined {
  const { Id: id, State: state } = inspect;
  const { cgroupKills, logged, events } = witnesses;
  return counter.count(id, {
    startedAt: state.StartedAt,
    ...(cgroupKills === undefined ? {} : { inCgroup: cgroupKills }),
    ...(logged ? { inKernelLog: logged.filter(({ containerId }) => containerId === id).length } : {}),
    ...(events
      ? { inEvents: events.filter((event) => event.id === id && event.action === 'oom').length }
      : {}),
    ...(state.OOMKilled && state.FinishedAt !== never ? { oomKilledAt: state.FinishedAt } : {}),
  });
}
