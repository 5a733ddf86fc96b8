import type { JsonObject } from '../../../model/json.js';
import type { ApplyContext } from '../../adapter.js';
import { failure } from '../../failure.js';
import { runProgram } from '../../host/program.js';
import type { ApplierDependencies } from './dependencies.js';
import { execInContainer } from './exec.js';
import type { LiveProcess } from './live-process.js';

export interface JcmdCall {
  /** Path of jcmd, on the host or in the container. */
  readonly jcmd: string;
  readonly process: LiveProcess;
  /** Called directly before jcmd is run. */
  readonly confirm: () => Promise<void>;
  readonly context: ApplyContext;
  readonly dependencies: ApplierDependencies;
}

/** Beyond this a full collection counts as hung, milliseconds. */
const limitMs = 50_000;

/**
 * `jcmd <pid> GC.run`: a full collection in that JVM. Run where the JVM is (in its container, with the process id
 * that it has there) and as its user, because a JVM answers only to its own user.
 */
export async function runJcmd(call: JcmdCall): Promise<JsonObject> {
  const { jcmd, process, confirm } = call;
  const argv = [jcmd, String(process.innerPid), 'GC.run'];
  await confirm();
  const { exitCode, output } =
    process.containerId === undefined ? await onHost(call, argv) : await inContainer(call, argv);
  if (exitCode === 126 || exitCode === 127) {
    throw failure(
      'Unsupported',
      `There is no ${jcmd} where process ${process.pid} runs: ${firstLine(output)}`,
    );
  }
  if (exitCode !== 0 || !/executed successfully/i.test(output)) {
    throw failure(
      'Unsupported',
      `${argv.join(' ')} did not collect (exit code ${exitCode}): ${firstLine(output)}`,
    );
  }
  return { via: 'jcmd' };
}

function inContainer({ process, context, dependencies }: JcmdCall, argv: readonly string[]) {
  const engine = dependencies.docker(context.look.target.scope);
  const user = `${process.uid}:${process.gid}`;
  return execInContainer(engine, { id: process.containerId ?? '', argv, user, timeoutMs: limitMs });
}

async function onHost({ process: jvm, dependencies }: JcmdCall, argv: readonly string[]) {
  // Only root may become another user; anybody else can only reach JVMs of their own.
  const asOther = process.getuid?.() === 0 && jvm.uid !== 0 ? { uid: jvm.uid, gid: jvm.gid } : {};
  const { spawn } = dependencies;
  return runProgram(argv, { timeoutMs: limitMs, spawn, ...asOther });
}

const firstLine = (text: string): string => text.trim().split('\n')[0]?.slice(0, 200) ?? '';
