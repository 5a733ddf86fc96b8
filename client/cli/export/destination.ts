import { mkdir, stat } from 'node:fs/promises';
import { createArchive } from '../../../archive/archive.js';
import { type Written, writeBundle } from '../../../archive/file.js';
import type { IncidentBundle } from '../../../model/bundle/types.js';
import { CliError, exitCodes } from '../exit-codes.js';

/**
 * Where bundles go: one file, where its name says so and one incident is asked for, else a folder, which is created
 * where it is missing. Throws `CliError` where it is neither.
 */
export async function destination(
  path: string,
  said: string,
  single: boolean,
): Promise<(bundle: IncidentBundle) => Promise<Written>> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isDirectory() && said.endsWith('.gz')) {
    if (single) return (bundle) => writeBundle(path, bundle);
    throw new CliError(exitCodes.usage, `${said} is one file, for one incident`, 'Name a folder with --to.');
  }
  if (found && !found.isDirectory())
    throw new CliError(
      exitCodes.usage,
      `${said} is not a folder`,
      'Name a folder, or a file whose name ends in .gz, with --to.',
    );
  await mkdir(path, { recursive: true }).catch((error: Error) => {
    throw new CliError(
      exitCodes.failed,
      `${said} can’t be created: ${error.message}`,
      'Name another folder with --to.',
    );
  });
  const folder = createArchive(path, { flat: true });
  return (bundle) => folder.write(bundle);
}
