import { type Incidents, incidentsOf } from '../../incidents/index.js';
import { connectTemporal } from '../../temporal.js';
import { apiFor, type CommonOptions, personOf, temporalFor } from '../settings.js';
import type { Io } from '../terminal/io.js';
import { withProgress } from '../terminal/progress.js';
import { readToken, ViaApi } from './via-api.js';

/** Incidents as this person reaches them. */
export interface Access {
  readonly incidents: Incidents;
  /** The name that is used where no token says who acts. */
  readonly by: string;
  /** `none`: through Temporal itself, which does not know people. */
  readonly verified: 'token' | 'none';
  close(): Promise<void>;
}

/**
 * Through the API where one is known, since it verifies who acts, and a name that nobody verified never approves an
 * outage; else straight through Temporal.
 */
export async function openAccess(io: Io, options: CommonOptions): Promise<Access> {
  const by = personOf(io, options);
  const api = await apiFor(io, options);
  if (api) {
    const incidents = new ViaApi(api.url, await readToken(api.tokenFile));
    return { incidents, by, verified: 'token', close: async () => undefined };
  }
  const settings = await temporalFor(io, options);
  const connecting = connectTemporal(settings, { identity: `cli ${by}` });
  const temporal = await withProgress(io, `Connecting to Temporal at ${settings.address}`, connecting);
  return { incidents: incidentsOf(temporal.client), by, verified: 'none', close: () => temporal.close() };
}

/** Does something with incidents, and lets go of the connection whatever comes of it. */
export async function withAccess<T>(
  io: Io,
  options: CommonOptions,
  work: (access: Access) => Promise<T>,
): Promise<T> {
  const access = await openAccess(io, options);
  try {
    return await work(access);
  } finally {
    await access.close();
  }
}
