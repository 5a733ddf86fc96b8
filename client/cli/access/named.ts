import type { IncidentRef, Incidents } from '../../incidents/index.js';
import { CliError, exitCodes } from '../exit-codes.js';
import { suggest } from '../suggest.js';

const lookThrough = 200;

/** The incident of that name; where there is none, `CliError` with the name that was probably meant. */
export async function named(incidents: Incidents, name: string): Promise<IncidentRef> {
  try {
    return await incidents.resolve(name);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    const rows = await incidents.list({ limit: lookThrough }).catch(() => []);
    throw new CliError(exitCodes.notFound, `no incident is called ${name}`, meant(name, rows));
  }
}

function isNotFound(error: unknown): boolean {
  if (error instanceof CliError) return error.code === exitCodes.notFound;
  return error instanceof Error && error.name === 'NotFound';
}

function meant(
  name: string,
  rows: readonly { readonly targetKey: string; readonly shortId: string }[],
): string {
  const keys = [...new Set(rows.map(({ targetKey }) => targetKey))];
  const whole = keys.find((key) => key.endsWith(`/${name}`));
  const all = 'The incidents there are: nightshift incident list --all';
  if (whole) return `Did you mean ${whole}?`;
  const near = suggest(name, [...keys, ...rows.map(({ shortId }) => shortId)], all);
  return near.startsWith('Did you mean') ? near : all;
}
