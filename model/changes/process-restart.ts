import type { ChangeDraft, ChangeKind } from '../change.js';
import type { DockerLook, HostProcessSettings, ProcessReading } from '../container.js';
import { matchesProcess, type ProcessParams, processParams, processUid } from './process.js';
import { restartAlerts } from './restart-harm.js';
import { shellCommand } from './shell.js';

/** A configured command that restarts one host process. `fresh` holds `{ pid, startTicks }` of that process. */
export type ProcessRestartParams = {
  readonly name: string;
  /** Run as it is, without a shell. */
  readonly argv: readonly string[];
  readonly process: ProcessParams;
  readonly timeoutSeconds: number;
};

/** The change that restarts one host process by its configured command. */
export function planProcessRestart(
  scope: string,
  { name, process, restartArgv, timeoutSeconds }: HostProcessSettings,
  reading: ProcessReading,
): ChangeDraft<ProcessRestartParams> {
  const key = `${scope}/process:${name}`;
  return {
    kind: 'hostProcess.restart',
    object: { key, uid: processUid(reading), name },
    touches: [key],
    fields: [],
    params: { name, argv: restartArgv, process: processParams(process), timeoutSeconds },
    fresh: { pid: reading.pid, startTicks: reading.startTicks },
  };
}

/** The one process in the look that the settings mean, or why it can't be told. */
export function theProcess(
  look: DockerLook,
  settings: HostProcessSettings,
): ProcessReading | { readonly gap: string } {
  const { hostProcess, processes } = look.details;
  if (hostProcess !== undefined && matchesProcess(settings.process, hostProcess)) return hostProcess;
  const found = processes.filter((one) => matchesProcess(settings.process, one));
  if (found.length === 1 && found[0] !== undefined) return found[0];
  return {
    gap:
      found.length === 0
        ? `no process ${settings.process.executable} is among those that were read`
        : `${found.length} processes match ${settings.process.executable}: say more in argsContain`,
  };
}

export const processRestart: ChangeKind<ProcessRestartParams, DockerLook> = {
  kind: 'hostProcess.restart',
  title: 'Restart a host process',
  disruption: ({ params }) => ({
    disruption: 'outage',
    why: `whether anything else serves for ${params.name} meanwhile is not known`,
  }),
  describe: ({ params }) => ({
    sentence: `Restart the host process ${params.name}`,
    command: shellCommand(params.argv),
  }),
  precondition(change, look) {
    const now = look.settings.hostProcesses.find(({ name }) => name === change.params.name);
    if (now === undefined || shellCommand(now.restartArgv) !== shellCommand(change.params.argv))
      return `The configuration of ${change.params.name} has changed since this was planned.`;
    const process = theProcess(look, now);
    if ('gap' in process) return `${change.params.name} can't be told: ${process.gap}.`;
    return process.pid === change.fresh.pid && process.startTicks === change.fresh.startTicks
      ? null
      : `${change.params.name} was restarted since this was planned (it is process ${process.pid} now).`;
  },
  undo: () => ({ none: 'A restart can not be undone.' }),
  expectedAlerts: [...restartAlerts, 'ProcessDown', 'SystemdServiceCrashed', 'HostSystemdServiceCrashed'],
  timeoutSeconds: ({ params }) => params.timeoutSeconds + 15,
};
