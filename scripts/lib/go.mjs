import { throwIfInterrupted } from './errors.mjs';
import { startProgress } from './log.mjs';
import { runCommand, which } from './run-command.mjs';

/**
 * Builds a Go program from the Go module proxy into a folder, with `go install`. Go checks every
 * module against its checksum database. Interrupted, it goes on next time from Go's own build cache.
 *
 * @param {{ module: string, version: string, into: string, ldflags?: string, packages: number,
 *   takes: string, log: (line: string) => void, label: string, signal?: AbortSignal }} options
 *   `packages`: how many Go packages it takes, for the progress line; `takes`: how long on a small machine
 * @returns {Promise<string | null>} null when built, otherwise the reason why not
 */
export async function goInstall({
  module,
  version,
  into,
  ldflags = '-s -w',
  packages,
  takes,
  log,
  label,
  signal,
}) {
  const go = which('go');
  if (!go) return 'no Go compiler on PATH (https://go.dev/dl, or your package manager)';
  log(`  ${label}: building ${module}@${version} with ${go} (${takes} from a cold cache)`);
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
  const env = { ...process.env, GOBIN: into, CGO_ENABLED: '0' };
  try {
    const args = ['install', '-v', '-ldflags', ldflags, `${module}@${version}`];
    const result = await runCommand(go, args, { env, cwd: into, onLine, signal });
    return result.code === 0 ? null : `go install failed: ${result.tail}`;
  } catch (error) {
    throwIfInterrupted(signal);
    return `go can't be run: ${error.message}`;
  } finally {
    progress.end();
  }
}
