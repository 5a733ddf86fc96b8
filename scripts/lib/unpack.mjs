import { runCommand } from './run-command.mjs';

/**
 * Unpacks a .tar.gz into a folder, without the archive's own top folder where `strip` is 1.
 * @param {{ archive: string, into: string, strip?: number, signal?: AbortSignal }} options
 */
export async function unpack({ archive, into, strip = 0, signal }) {
  const args = ['-xzf', archive, '-C', into, `--strip-components=${strip}`];
  const result = await runCommand('tar', args, { signal });
  if (result.code !== 0) throw new Error(`tar can't unpack ${archive}: ${result.tail}`);
}
