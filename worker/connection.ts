import { NativeConnection } from '@temporalio/worker';
import { connectionOptions } from '../client/temporal.js';
import type { TemporalSettings } from '../config/types.js';

/** A worker's connection to the Temporal server of the settings, TLS and API key included. */
export async function connectWorker(
  settings: TemporalSettings & { readonly apiKey?: string },
): Promise<NativeConnection> {
  const { address, tls, apiKey } = await connectionOptions(settings);
  return NativeConnection.connect({
    ...(address !== undefined && { address }),
    ...(tls !== undefined && tls !== null && { tls }),
    ...(apiKey !== undefined && typeof apiKey === 'string' && { apiKey }),
  });
}
