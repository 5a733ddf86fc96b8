import type { BundledIncident } from '../model/bundle/types.js';

/** How every bundle's name ends. */
export const extension = '.nightshift.json.gz';
/** How the name of a bundle ends while it is being written, and of a damaged one that was kept aside. */
export const draftExtension = '.draft';
export const badExtension = '.bad';

const ours = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d)Z-[a-z2-7]{8}\.nightshift\.json\.gz$/;

/**
 * Name of an incident's file, by its end and its short id: nothing in it comes from what the target is called.
 * Throws `RangeError` where either is none.
 */
export function fileName({ closedAt, shortId }: Pick<BundledIncident, 'closedAt' | 'shortId'>): string {
  const end = new Date(closedAt);
  if (Number.isNaN(end.getTime())) throw new RangeError(`${JSON.stringify(closedAt)} is no time`);
  const name = `${end.toISOString().slice(0, 19).replaceAll(':', '-')}Z-${shortId}${extension}`;
  if (!ours.test(name)) throw new RangeError(`${JSON.stringify(shortId)} is no short id`);
  return name;
}

/** The folder of its month: `2026-11`. */
export function monthOf({ closedAt }: Pick<BundledIncident, 'closedAt'>): string {
  return new Date(closedAt).toISOString().slice(0, 7);
}

/** When the incident ended, to the second below, as its file's name says; undefined where the name is not ours. */
export function endInName(name: string): number | undefined {
  const [, day, hour, minute, second] = ours.exec(name) ?? [];
  const end = day === undefined ? Number.NaN : Date.parse(`${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(end) ? undefined : end;
}
