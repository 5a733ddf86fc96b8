import { readdir } from 'node:fs/promises';
import type { Change, Effect } from '../../model/change.js';
import type { ProcessRestartParams } from '../../model/changes/index.js';
import { matchesProcess, processUid } from '../../model/changes/process.js';
import type { Applier, ApplyContext } from '../adapter.js';
import type { ApplierDependencies } from '../docker/appliers/dependencies.js';
import { effect, seconds, sleepFor } from '../docker/appliers/effects.js';
import { Journal } from '../docker/appliers/journal.js';
import { type LiveProcess, readLiveProcess } from '../docker/appliers/live-process.js';
import { failure } from '../failure.js';
import { lastLine, runProgram } from './program.js';

const pollMs = 250;
/** After its command has ended, the new process is waited for at most this long, milliseconds. */
const appearsWithinMs = 10_000;
/** The same after a command that failed: it may have done its work all the same. */
const afterFailureMs = 2000;

/**
 * Restarts one host process by its configured command, run as it is, without a shell. Idempotent by the identity of
 * the process: once another one matches, nothing is run. It was ours if an attempt of ours got as far as running the
 * command.
 */
export function processRestartApplier(
  dependencies: Omit<ApplierDependencies, 'docker'>,
): Applier<ProcessRestartParams> {
  return async (change, context) => {
    const { proc = '/proc', sleep = sleepFor, spawn } = dependencies;
    const journal = new Journal(context);
    const before = await findMatching(proc, change);
    const ran = journal.notes.sending !== undefined;
    const other = before.find((one) => !isPlanned(one, change));
    if (other && !before.some((one) => isPlanned(one, change))) return moved(change, context, other, ran);
    if (before.length > 1) throw ambiguous(change, before);
    if (before.length === 0 && !ran) throw ended(change);
    // A command of an earlier attempt may still be at work on it: its time is waited out before it is run again.
    if (ran) {
      const now = await changed(proc, change, context, journal, sleep, change.params.timeoutSeconds * 1000);
      if (now) return moved(change, context, now, ran);
    }
    await journal.confirm();
    const from = performance.now();
    const { argv, timeoutSeconds } = change.params;
    const { exitCode, output } = await journal.whileBeating(
      runProgram(argv, { timeoutMs: timeoutSeconds * 1000, spawn }),
    );
    const waitMs = exitCode === 0 ? appearsWithinMs : afterFailureMs;
    const after = await changed(proc, change, context, journal, sleep, waitMs);
    if (exitCode !== 0 && after === undefined) {
      throw commandFailed(change, exitCode, output, (await findMatching(proc, change)).length > 0);
    }
    return told(change, context, after, Math.round(performance.now() - from), exitCode);
  };
}

async function changed(
  proc: string,
  change: Change<ProcessRestartParams>,
  context: ApplyContext,
  journal: Journal,
  sleep: NonNullable<ApplierDependencies['sleep']>,
  withinMs: number,
): Promise<LiveProcess | undefined> {
  for (let waited = 0; ; waited += pollMs) {
    const now = await findMatching(proc, change);
    const other = now.find((one) => !isPlanned(one, change));
    if (other && !now.some((one) => isPlanned(one, change))) return other;
    if (waited >= withinMs) return undefined;
    await journal.whileBeating(sleep(pollMs, context.signal));
  }
}

/** Processes on the host itself (not in a container) that the configuration means. */
async function findMatching(proc: string, change: Change<ProcessRestartParams>): Promise<LiveProcess[]> {
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map((pid) => readLiveProcess(proc, pid)));
  return all
    .filter((one) => one !== undefined)
    .filter((one) => one.containerId === undefined && matchesProcess(change.params.process, one));
}

function isPlanned({ pid, startTicks }: LiveProcess, { fresh }: Change<ProcessRestartParams>): boolean {
  return pid === fresh.pid && startTicks === fresh.startTicks;
}

function moved(
  change: Change<ProcessRestartParams>,
  context: ApplyContext,
  now: LiveProcess,
  ran: boolean,
): Effect {
  if (ran) return told(change, context, now, undefined, undefined);
  const note = `${change.params.name} was restarted by something else before this was sent (it is process ${now.pid} now)`;
  return effect(context, 'superseded', note, { after: processUid(now) });
}

function told(
  { params, object }: Change<ProcessRestartParams>,
  context: ApplyContext,
  after: LiveProcess | undefined,
  tookMs: number | undefined,
  exitCode: number | undefined,
): Effect {
  const details = { before: object.uid, exitCode: exitCode ?? null, tookMs: tookMs ?? null };
  if (after === undefined) {
    const note = `the command for ${params.name} ended well, but no new process ${params.process.executable} appeared within ${appearsWithinMs / 1000} s`;
    return effect(context, 'nothing', note, details);
  }
  const failed = exitCode ? `; its command failed with exit code ${exitCode}` : '';
  const took = `${failed}${tookMs === undefined ? '' : `; took ${seconds(tookMs)}`}`;
  const note = `restarted: ${params.name} is process ${after.pid} now${took}`;
  return effect(context, 'applied', note, { ...details, after: processUid(after), pid: after.pid });
}

function ambiguous({ params }: Change<ProcessRestartParams>, found: readonly LiveProcess[]) {
  return failure(
    'PreconditionChanged',
    `${found.length} processes match ${params.process.executable} (${found.map(({ pid }) => pid).join(', ')}): say more in argsContain.`,
  );
}

function ended({ params, fresh }: Change<ProcessRestartParams>) {
  return failure(
    'PreconditionChanged',
    `${params.name} (process ${String(fresh.pid)}) has ended since this was planned.`,
  );
}

function commandFailed(
  { params }: Change<ProcessRestartParams>,
  exitCode: number,
  output: string,
  runs: boolean,
) {
  const command = params.argv.join(' ');
  if (exitCode === 126 || exitCode === 127) {
    return failure('Misconfigured', `${command} can’t be run: ${lastLine(output)}. Correct restartArgv.`);
  }
  return failure(
    'Unsupported',
    `${command} failed with exit code ${exitCode}: ${lastLine(output) || 'it said nothing'} (${params.name} ${runs ? 'still runs' : 'does not run any more'}).`,
  );
}
