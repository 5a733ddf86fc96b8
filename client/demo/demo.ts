import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, duration, percent } from '../../model/format.js';
import { json, markdown } from '../../model/report/index.js';
import type { IncidentView } from '../../model/view.js';
import { ViaApi } from '../cli/access/via-api.js';
import { interrupted } from '../cli/commands/up.js';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import { personOf } from '../cli/settings.js';
import type { Io } from '../cli/terminal/io.js';
import { aside, withProgress } from '../cli/terminal/progress.js';
import { wrap } from '../cli/terminal/text.js';
import { exitCodeOf, watch } from '../cli/watch/watch.js';
import type { IncidentDetails } from '../incidents/index.js';
import { filesOf, makeFolder } from '../up/files.js';
import { freePort } from '../up/ports.js';
import { ensureToken } from '../up/tokens.js';
import { startUp, type Up } from '../up/up.js';
import { alertPayload, type DemoAlert, postAlert } from './alert.js';
import { containerSubject } from './container.js';
import { Decider } from './decider.js';
import { folderPrefix } from './leftovers.js';
import type { AtEnd, Subject } from './subject.js';
import { workloadSubject } from './workload.js';

export interface DemoOptions {
  readonly reports: string;
  readonly keep?: boolean;
  /** A workload on a Kubernetes cluster instead of a container. */
  readonly kubernetes?: boolean;
}

/** The alert that is posted: the shipped rules' threshold. */
const firesAtPercent = 90;
/** Runs the demo and returns its exit code. What it started is removed, however it ends. */
export async function demo(io: Io, options: DemoOptions): Promise<number> {
  const undos: (() => Promise<void>)[] = [];
  try {
    return await play(io, options, (undo) => undos.push(undo));
  } finally {
    if (undos.length > 0) io.err('Removing what the demo started …\n');
    for (const undo of undos.reverse()) {
      await undo().catch((error: Error) => io.err(`Could not be removed: ${error.message}\n`));
    }
  }
}

async function play(io: Io, options: DemoOptions, atEnd: AtEnd): Promise<number> {
  const step = (text: string) => {
    const lines = io.tty ? wrap(text, io.columns() - 2) : [text];
    io.out(aside(io, `${io.paint.bold('›')} ${lines.join('\n  ')}`));
  };
  const stage = await setStage(io, { step, atEnd, kubernetes: options.kubernetes ?? false });
  const { up, subject } = stage;
  const memory = await withProgress(
    io,
    `Waiting until it is over ${firesAtPercent} %`,
    untilOver(subject, io.signal),
  );
  step(
    `It is at ${bytes(memory.used)}, ${percent(memory.percent)}. The alert goes to ${up.record.api}/alerts/alertmanager.`,
  );
  const alert = { ...subject.alert(memory), startsAt: io.now() };
  await postAlert(up.record.api, up.webhookToken, alertPayload(alert));

  const ended = await follow(io, stage, alert);
  if (!ended.view)
    throw new CliError(exitCodes.failed, `the incident ended ${ended.status} without a report`);
  const saved = await save(resolve(io.cwd, options.reports), ended.view);
  io.out(`\n${markdown(ended.view)}\n`);
  step(`Report: ${saved} (and .json beside it)`);
  if (options.keep) {
    whereToLook(stage, step);
    step('Everything stays until Ctrl-C.');
    await Promise.race([interrupted(io.signal), up.broken]);
  } else step('With --keep everything stays, to look around: Temporal’s page shows the whole history.');
  return exitCodeOf(ended);
}

interface Stage {
  readonly up: Up;
  readonly subject: Subject;
  readonly person: string;
  readonly second: { readonly name: string; readonly token: string };
}

/** The thing that leaks, the configuration, and Nightshift itself. */
async function setStage(
  io: Io,
  given: { readonly step: (text: string) => void; readonly atEnd: AtEnd; readonly kubernetes: boolean },
): Promise<Stage> {
  const { step, atEnd } = given;
  const id = randomBytes(3).toString('hex');
  const folder = await mkdtemp(join(tmpdir(), folderPrefix));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  const files = filesOf(folder);
  await makeFolder(folder);
  const make = given.kubernetes ? workloadSubject : containerSubject;
  const subject = await make({ io, step, atEnd, id, folder });
  step(subject.told);

  const person = personOf(io, {}).replace(/[^A-Za-z0-9._@-]/g, '-');
  const second = person === 'second-operator' ? 'third-operator' : 'second-operator';
  const configFile = join(folder, 'demo.yaml');
  const apiPort = await freePort('127.0.0.1');
  const text = subject.configText({ operators: [person, second], tokensFile: files.tokens, apiPort });
  await writeFile(configFile, text, { mode: 0o600 });
  const { env, signal } = io;
  const starting = startUp({ files, configFile, env, person, log: step, signal });
  const up = await withProgress(io, 'Starting the embedded Temporal server, a worker and the API', starting);
  atEnd(() => up.stop());
  await subject.untilReady(signal);
  const token = await ensureToken({
    hashes: files.tokens,
    file: join(folder, 'second.token'),
    name: second,
    role: 'operator',
  });
  const memory = up.server.memory();
  step(
    `Nightshift is up: embedded Temporal server${memory ? ` (${bytes(memory)})` : ''}, worker and API in one process.`,
  );
  const stage = { up, subject, person, second: { name: second, token } };
  whereToLook(stage, step);
  return stage;
}

async function untilOver(subject: Subject, signal: AbortSignal) {
  const end = Date.now() + 120_000;
  for (;;) {
    signal.throwIfAborted();
    const memory = await subject.memory();
    if (memory.percent >= firesAtPercent) return memory;
    if (Date.now() > end)
      throw new CliError(
        exitCodes.failed,
        `it stays at ${percent(memory.percent)} and does not leak as it should`,
        `Its log: ${subject.logCommand}`,
      );
    await sleep(500, undefined, { signal });
  }
}

/** Watches the incident to its end, and has its question answered. */
async function follow(io: Io, stage: Stage, alert: DemoAlert): Promise<IncidentDetails> {
  const { up, subject } = stage;
  const resolve = once(() =>
    postAlert(up.record.api, up.webhookToken, alertPayload({ ...alert, endsAt: io.now() })),
  );
  const incidents = new ViaApi(up.record.api, up.operatorToken);
  const ref = await incidents.resolve(subject.targetKey);
  const stop = new AbortController();
  const limit = io.interactive ? [] : [AbortSignal.timeout(subject.unattendedMs)];
  const signal = AbortSignal.any([io.signal, stop.signal, ...limit]);
  const decider = new Decider({
    io,
    api: up.record.api,
    operatorToken: up.operatorToken,
    ...stage,
    stop: () => stop.abort(),
  });
  try {
    const watching = watch({
      io: { ...io, signal },
      incidents,
      ref,
      onView: async (view, _details, screen) => {
        await decider.see(view, screen);
        if (isBelow(view)) await resolve();
      },
    });
    return await Promise.race([watching, failing(up)]);
  } catch (error) {
    if (!signal.aborted) throw error;
    if (io.signal.aborted || stop.signal.aborted) throw new CliError(exitCodes.interrupted, 'interrupted');
    throw new CliError(
      exitCodes.notRecovered,
      `the incident has not ended within ${duration(subject.unattendedMs / 1000)}`,
    );
  }
}

/** The rule would no longer hold: the remedy has been applied, and the memory is below what fires the alert. */
function isBelow({ phase, measure }: IncidentView): boolean {
  return phase === 'verifying' && measure !== undefined && measure.percent < firesAtPercent;
}

function once(work: () => Promise<void>): () => Promise<void> {
  let begun: Promise<void> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

async function failing({ broken }: Up): Promise<never> {
  throw new CliError(exitCodes.failed, await broken);
}

async function save(folder: string, view: NonNullable<IncidentDetails['view']>): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${view.shortId}.md`);
  await writeFile(path, markdown(view));
  await writeFile(join(folder, `${view.shortId}.json`), json(view));
  return path;
}

function whereToLook({ up, subject }: Stage, step: (text: string) => void): void {
  step(`Look around: Temporal ${up.record.ui}, API ${up.record.api}, ${subject.lookAt}`);
}
