import type { ChangeDraft, ChangeKind } from '../change.js';
import type { DockerLook, GcSettings, ProcessReading } from '../container.js';
import { bytes } from '../format.js';
import { curlCommand, type EndpointParams, endpointParams } from './endpoint.js';
import { appObject, runningRefusal } from './object.js';
import { matchesProcess, type ProcessParams, processParams } from './process.js';
import { shellCommand } from './shell.js';

/**
 * A full garbage collection in the live process. `fresh` holds `{ pid, startTicks, rssBytes }` of that process;
 * the applier checks executable and start time once more directly before acting.
 */
export type GcRunParams =
  | { readonly via: 'endpoint'; readonly endpoint: EndpointParams; readonly process: ProcessParams }
  | { readonly via: 'jcmd'; readonly jcmd: string; readonly process: ProcessParams }
  | {
      readonly via: 'node-inspector';
      readonly host: string;
      readonly port: number;
      readonly process: ProcessParams;
    };

/** Above this resident size a full collection is expected to stop the app for longer than a request may take. */
export const longPauseBytes = 2 * 1024 ** 3;

/** The change that makes the one matching process collect its garbage. */
export function planGcRun(
  look: DockerLook,
  gc: GcSettings,
  process: ProcessReading,
): ChangeDraft<GcRunParams> {
  const object = appObject(look);
  return {
    kind: 'gc.run',
    object,
    touches: [object.key],
    fields: [],
    params: gcParams(gc),
    fresh: { pid: process.pid, startTicks: process.startTicks, rssBytes: process.rssBytes },
  };
}

export const gcRun: ChangeKind<GcRunParams, DockerLook> = {
  kind: 'gc.run',
  title: 'Collect garbage in the live process',
  disruption(draft) {
    // A full collection stops the app for about a second per GiB of heap at worst. Runtimes do the same by
    // themselves when memory gets short, so a pause of up to about two seconds is nothing new to the service.
    const rss = draft.fresh.rssBytes;
    if (typeof rss === 'number' && rss < longPauseBytes)
      return {
        disruption: 'none',
        why: `a pause of the kind that the runtime makes by itself (the process has ${bytes(rss)})`,
      };
    const size = typeof rss === 'number' ? bytes(rss) : 'an unknown amount of memory';
    return { disruption: 'brief', why: `the process has ${size}: it may stand still for seconds` };
  },
  describe: (draft) => ({
    sentence: `Make ${draft.params.process.executable} in ${draft.object.name} collect its garbage`,
    command: byHand(draft),
  }),
  precondition(change, look) {
    const refusal = runningRefusal(change, look);
    if (refusal !== null) return refusal;
    const process = look.details.gcProcess;
    if (process === undefined)
      return `The process ${change.params.process.executable} can't be told: ${look.details.gcProcessGap ?? 'none was found'}.`;
    if (!matchesProcess(change.params.process, process))
      return `Process ${process.pid} is ${process.executable}, not ${change.params.process.executable}.`;
    return process.pid === change.fresh.pid && process.startTicks === change.fresh.startTicks
      ? null
      : `The process has been started anew since this was planned (it is ${process.pid} now).`;
  },
  undo: () => ({ none: 'Collected garbage needs no undoing.' }),
  // An endpoint may answer only after the collection; jcmd and the inspector wait for it too.
  timeoutSeconds: ({ params }) => (params.via === 'endpoint' ? params.endpoint.timeoutSeconds + 15 : 60),
};

function byHand({ params, fresh }: ChangeDraft<GcRunParams>): string {
  if (params.via === 'endpoint') return curlCommand(params.endpoint);
  if (params.via === 'jcmd') return shellCommand([params.jcmd, String(fresh.pid), 'GC.run']);
  // The inspector listens already: it is never opened here. The flag is needed by Node 20 and harmless later.
  return shellCommand([
    'node',
    '--experimental-websocket',
    '-e',
    collectByInspector(params.host, params.port),
  ]);
}

function collectByInspector(host: string, port: number): string {
  return [
    `fetch("http://${host}:${port}/json/list").then(r => r.json()).then(([t]) => {`,
    'const w = new WebSocket(t.webSocketDebuggerUrl);',
    'w.onopen = () => w.send(JSON.stringify({ id: 1, method: "HeapProfiler.collectGarbage" }));',
    'w.onmessage = () => w.close(); })',
  ].join(' ');
}

function gcParams(gc: GcSettings): GcRunParams {
  const process = processParams(gc.process);
  if (gc.via === 'endpoint') return { via: gc.via, endpoint: endpointParams(gc.endpoint), process };
  if (gc.via === 'jcmd') return { via: gc.via, jcmd: gc.jcmd, process };
  return { via: gc.via, host: gc.host, port: gc.port, process };
}
