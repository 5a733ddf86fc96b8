import { missingAttributes, registering } from '../../client/search-attributes.js';
import { connectTemporal, TemporalUnreachable } from '../../client/temporal.js';
import type { TemporalSettings } from '../../config/types.js';
import { type Finding, tried } from './finding.js';

/** Whether the server answers, and whether its namespace has our search attributes. */
export async function examineTemporal(
  settings: TemporalSettings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const about = 'Temporal';
  let missing: readonly string[] = [];
  const reached = await tried(about, `server ${settings.address}`, signal, async () => {
    try {
      const { connection, close } = await connectTemporal(settings, { identity: 'doctor' });
      missing = await missingAttributes(connection, settings.namespace).finally(close);
      return `namespace ${settings.namespace}`;
    } catch (error) {
      if (error instanceof TemporalUnreachable) throw new Error(`${error.message}. ${error.mend}`);
      throw error;
    }
  });
  if (reached.state !== 'ok') return [reached];
  const note =
    missing.length === 0 ? 'all are registered' : `${missing.join(', ')}: ${registering(missing, settings)}`;
  const state = missing.length === 0 ? 'ok' : 'missing';
  return [reached, { about, what: 'search attributes', state, note, remedies: [] }];
}
