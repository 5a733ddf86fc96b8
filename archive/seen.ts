import { stat } from 'node:fs/promises';
import { standing } from './file.js';

/** How far visibility's time of an end may lie from the history's, milliseconds. */
const roundedMs = 2;
/** Files whose state is remembered. */
const seenAtMost = 50_000;

/**
 * The end as it was told, and what it may have been: visibility keeps times less finely than a history does, and a
 * name has its second from the history.
 */
export function endsOf<T extends { readonly closedAt: string }>(incident: T): readonly T[] {
  const end = Date.parse(incident.closedAt);
  const byName = [0, -roundedMs, roundedMs].map((ms) => new Date(end + ms).toISOString());
  const distinct = byName.filter(
    (at, index) => byName.findIndex((b) => b.slice(0, 19) === at.slice(0, 19)) === index,
  );
  return distinct.map((closedAt) => ({ ...incident, closedAt }));
}

/** Files that were found good are not read again while they stay as they are. */
export class Seen {
  private readonly good = new Map<string, string>();

  async isGood(file: string, runId: string): Promise<boolean> {
    const found = await stat(file).catch(() => undefined);
    if (!found) return false;
    const mark = `${runId} ${found.ino} ${found.size} ${found.mtimeMs}`;
    if (this.good.get(file) === mark) return true;
    if ((await standing(file, runId)) !== 'good') return false;
    this.good.set(file, mark);
    const oldest = this.good.size > seenAtMost ? this.good.keys().next().value : undefined;
    if (oldest !== undefined) this.good.delete(oldest);
    return true;
  }
}
