import type { ChangeDraft } from '../../change.js';

/** The id of the change that went wrong and that this one takes back (`fresh.undoes`); undefined: it takes none back. */
export function undoes({ fresh }: Pick<ChangeDraft, 'fresh'>): string | undefined {
  return typeof fresh.undoes === 'string' ? fresh.undoes : undefined;
}
