import { matchesProcess } from '../../../../model/changes/process.js';
import { planProcessRestart, theProcess } from '../../../../model/changes/process-restart.js';
import type { DockerLook, HostProcessSettings } from '../../../../model/container.js';
import { bytes } from '../../../../model/format.js';
import type { Proposal, Remedy } from '../../../../model/runbook.js';
import { largestOutside } from '../causes/bloated.js';

/** Restarts one process on the host, by the command that the configuration names for it, without a shell. */
export const restartProcess: Remedy<DockerLook> = {
  name: 'restart-process',
  title: 'Restart the bloated host process',
  usually: 'outage',
  propose(look, diagnosis) {
    if (look.target.kind === 'container') return { skip: 'the target is a container' };
    const { hostProcesses } = look.settings;
    if (hostProcesses.length === 0)
      return { skip: 'no host process may be restarted (hostProcesses: in nightshift.yaml)' };
    if (look.target.kind === 'hostProcess') {
      const named = hostProcesses.find(({ name }) => look.target.key.endsWith(`/process:${name}`));
      return named === undefined
        ? { skip: 'no command is configured for this process' }
        : propose(look, named);
    }
    if (look.details.host === undefined)
      return {
        skip: `nothing is done host-wide: ${look.details.hostGap ?? "the host's memory was not read"}`,
      };
    const bloated = diagnosis.causes.some(({ name }) => name === 'bloated-host-process');
    const process = bloated ? largestOutside(look) : undefined;
    if (process === undefined) return { skip: 'no process outside the containers holds much of the memory' };
    const settings = hostProcesses.find((one) => matchesProcess(one.process, process));
    return settings === undefined
      ? {
          skip: `the largest is process ${process.pid} (${process.executable}, ${bytes(process.rssBytes)}), for which no command is configured`,
        }
      : propose(look, settings);
  },
};

function propose(look: DockerLook, settings: HostProcessSettings): Proposal {
  const process = theProcess(look, settings);
  return 'gap' in process
    ? { skip: `${settings.name} can't be told: ${process.gap}` }
    : { changes: [planProcessRestart(look.target.scope, settings, process)] };
}
