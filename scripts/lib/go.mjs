import { throwIfInterrupted } from './errors.mjs';
import { startProgress } from './log.mjs';
import { runCommand, which } from './run-command.mjs';

const NO_GO = 'no Go compiler on PATH (https://go.dev/dl, or your package manager)';

/**
 * Builds a Go program from the Go module proxy into a folder, with `go install`. Go checks every
 * module against its checksum database. Interrupted, it goes on next time from Go's own build cache.
 *
 * @param {{ module: string, version: string, into: string, ldflags?: string, packages: number,
 *   takes: string, log: (line: string) => void, label: string, signal?: AbortSignal }} options
 *   `packages`: how many Go packages it takes, for the progress line; `takes`: how long on a small machine
 * @returns {Promise<string | null>} null when built, otherwise the reason why not
 */
export function goInstall({ module, version, into, ldflags = '-s -w', ...options }) {
  const args = ['install', '-v', '-ldflags', ldflags, `${module}@${version}`];
  return compile({ ...options, args, cwd: into, env: { GOBIN: into }, what: `${module}@${version}` });
}

/**
 * Builds several Go programs of a module of our own: its `go.mod` lies in `cwd`, and what it leaves out is added.
 * For programs whose `go.mod` replaces modules, which `go install` refuses.
 *
 * @param {{ commands: string[], into: string, cwd: string, ldflags: string, packages: number, takes: string,
 *   log: (line: string) => void, label: string, signal?: AbortSignal }} options `commands`: the programs' packages
 * @returns {Promise<string | null>} null when built, otherwise the reason why not
 */
export function goBuild({ commands, into, ldflags, ...options }) {
  const args = ['build', '-mod=mod', '-trimpath', '-v', '-ldflags', ldflags, '-o', `${into}/`, ...commands];
  return compile({
    ...options,
    args,
    env: {},
    what: commands.map(programName).join(', '),
  });
}

/** As Go calls it: a module's own major version, as in `…/v2`, is no program's name. */
function programName(command) {
  const parts = command.split('/');
  return parts.findLast((part) => !/^v\d+$/.test(part));
}

/**
 * Fetches a module and gives the path of its `go.mod`.
 * @param {{ module: string, version: string, cwd: string, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string } | { reason: string }>}
 */
export async function goModFile({ module, version, cwd, signal }) {
  const go = which('go');
  if (!go) return { reason: NO_GO };
  const { code, output, tail } = await runCommand(go, ['mod', 'download', '-json', `${module}@${version}`], {
    cwd,
    signal,
  });
  const path = /"GoMod": "([^"]+)"/.exec(output)?.[1];
  return code === 0 && path ? { path } : { reason: `go mod download failed: ${tail}` };
}

async function compile({ args, cwd, env, what, packages, takes, log, label, signal }) {
  const go = which('go');
  if (!go) return NO_GO;
  log(`  ${label}: building ${what} with ${go} (${takes} from a cold cache)`);
  const progress = startProgress(log, label);
  let fetched = 0;
  let compiled = 0;
  const onLine = (line) => {
    if (line.startsWith('go: downloading')) fetched += 1;
    else if (/^[\w.]+(\/[\w.-]+)*$/.test(line)) compiled += 1;
    progress.update(
      compiled ? `compiled ${compiled} of at most some ${packages} packages` : `fetched ${fetched} modules`,
    );
  };
  try {
    const options = { env: { ...process.env, ...env, CGO_ENABLED: '0' }, cwd, onLine, signal };
    const result = await runCommand(go, args, options);
    return result.code === 0 ? null : `go ${args[0]} failed: ${result.tail}`;
  } catch (error) {
    throwIfInterrupted(signal);
    return `go can't be run: ${error.message}`;
  } finally {
    progress.end();
  }
}
