import { failureType, messageOf } from '../../failure.js';

/** What was sent is done; how it goes on may not be seen any more. */
export interface Unseen {
  readonly end: 'unseen';
  readonly said: string;
}

/**
 * Follows what was sent. A right that is missing for that, or credentials that have run out on the way, don't undo what
 * was done: it is told as applied, and as unseen. Whether it went well is for the soak to show.
 */
export async function orUnseen<T>(follow: () => Promise<T>): Promise<T | Unseen> {
  try {
    return await follow();
  } catch (error) {
    if (failureType(error) !== 'PermissionDenied') throw error;
    return { end: 'unseen', said: messageOf(error) };
  }
}

/** For people, after what was done. */
export function unseenWords({ said }: Unseen): string {
  return `how it goes on could not be seen: ${said}`;
}
