import { execFile } from 'node:child_process';
import { CliError, exitCodes } from '../cli/exit-codes.js';

/** Longest wait for one command, milliseconds. */
const limitMs = 30_000;

/** kubectl on one cluster; answers with what it printed. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** As `npm run demo` names both; throws a `CliError` that says which command failed and what kubectl said. */
export function kubectlOn({
  program,
  kubeconfig,
}: {
  readonly program: string;
  readonly kubeconfig: string;
}): Kubectl {
  return (args, input) =>
    new Promise((resolve, reject) => {
      const options = { timeout: limitMs, maxBuffer: 16 * 1024 ** 2 };
      const child = execFile(program, ['--kubeconfig', kubeconfig, ...args], options, (error, out, said) => {
        if (!error) return resolve(out);
        const why = said.trim() || error.message;
        reject(new CliError(exitCodes.failed, `kubectl ${args.join(' ')} failed: ${why}`));
      });
      child.stdin?.on('error', () => undefined);
      child.stdin?.end(input ?? '');
    });
}
