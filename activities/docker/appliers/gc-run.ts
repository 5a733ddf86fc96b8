import type { Change, Effect } from '../../../model/change.js';
import type { GcRunParams } from '../../../model/changes/index.js';
import { bytes as sized } from '../../../model/format.js';
import type { JsonObject } from '../../../model/json.js';
import type { Applier, ApplyContext } from '../../adapter.js';
import { answerObject, callEndpoint } from '../../service/call.js';
import type { ApplierDependencies } from './dependencies.js';
import { effect, sleepFor } from './effects.js';
import { figures } from './endpoint-calls.js';
import { runJcmd } from './gc-jcmd.js';
import { collectByInspector } from './inspector.js';
import { Journal } from './journal.js';
import { type LiveProcess, readLiveProcess, samePlannedProcess } from './live-process.js';

/** Freed pages go back to the system a moment after the collection, milliseconds. */
const givenBackAfterMs = 300;

/**
 * Makes the one live process collect its garbage, and reads its resident memory before and after. Only a process
 * that is still the one that was planned for (id, start time, executable) is ever reached, and never by a signal.
 * Collecting twice does no harm, so a later attempt collects again.
 */
export function gcRunApplier(dependencies: ApplierDependencies): Applier<GcRunParams> {
  return async (change, context) => {
    const { proc = '/proc', sleep = sleepFor } = dependencies;
    const journal = new Journal(context);
    const { params, fresh } = change;
    const before = await samePlannedProcess(proc, params.process, fresh);
    const said = await journal.whileBeating(collect(change, before, context, journal, dependencies));
    await sleep(givenBackAfterMs, context.signal);
    const after = await readLiveProcess(proc, before.pid);
    return told(context, before, after, said);
  };
}

/** How the three ways are gone. Each confirms directly before it asks for the collection. */
async function collect(
  change: Change<GcRunParams>,
  process: LiveProcess,
  context: ApplyContext,
  journal: Journal,
  dependencies: ApplierDependencies,
): Promise<JsonObject> {
  const { params, id } = change;
  const confirm = (): Promise<void> => journal.confirm();
  if (params.via === 'jcmd') {
    return runJcmd({ jcmd: params.jcmd, process, confirm, context, dependencies });
  }
  if (params.via === 'node-inspector') {
    const { host, port } = params;
    return collectByInspector({ host, port, pid: process.innerPid, confirm, signal: context.signal });
  }
  await confirm();
  const { signal } = context;
  const secret = (name: string): string => context.secret(name);
  const { fetch } = dependencies;
  const answer = await callEndpoint(params.endpoint, { idempotencyKey: id, signal, secret, fetch });
  const object = answerObject(answer);
  return object ? { answer: figures(object) } : { answer: 'answered with something that is not JSON' };
}

function told(
  context: ApplyContext,
  before: LiveProcess,
  after: LiveProcess | undefined,
  said: JsonObject,
): Effect {
  const { pid, rssBytes: rssBefore } = before;
  if (after === undefined || after.startTicks !== before.startTicks) {
    const note = `process ${pid} has ended since it was asked to collect`;
    return effect(context, 'nothing', note, { pid, rssBefore, ...said });
  }
  const freed = rssBefore - after.rssBytes;
  const note =
    freed > 0
      ? `process ${pid} collected its garbage: ${sized(freed)} of resident memory less`
      : `process ${pid} collected its garbage: its resident memory did not shrink`;
  return effect(context, 'applied', note, { pid, rssBefore, rssAfter: after.rssBytes, ...said });
}
