import type { Client } from '@temporalio/client';
import type { ArchiveSettings } from '../../../../config/index.js';
import { connectTemporal } from '../../../temporal.js';
import { CliError, exitCodes } from '../../exit-codes.js';
import { type CommonOptions, configInForce, temporalFor } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';

/** The archive as configured. Throws `CliError` where there is none. */
export async function archiveSettings(io: Io, options: CommonOptions): Promise<ArchiveSettings> {
  const archive = (await configInForce(io, options))?.archive;
  if (archive) return archive;
  throw new CliError(
    exitCodes.usage,
    'no archive is configured: closed incidents are kept only as long as Temporal keeps them',
    'Add to nightshift.yaml: archive: { folder: archive }',
  );
}

/** Does something with Temporal, and lets go of it whatever comes of it. */
export async function withTemporal<T>(
  io: Io,
  options: CommonOptions,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const settings = await temporalFor(io, options);
  const connecting = connectTemporal(settings, { identity: 'cli archive' });
  const temporal = await withProgress(io, `Connecting to Temporal at ${settings.address}`, connecting);
  try {
    return await work(temporal.client);
  } finally {
    await temporal.close();
  }
}
