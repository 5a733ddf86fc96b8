import { changeHash } from '../model/change.js';
import { shortName } from '../model/target.js';

/**
 * The hash of a tank's restart, as a person would be shown it. Worked out here and not asked for, since asking the
 * incident would bring it into the worker's cache.
 */
export function restartHash(key: string): string {
  return changeHash({
    kind: 'tank.restart',
    object: { key, uid: `${key}#1`, name: shortName(key) },
    touches: [key],
    fields: [],
    params: {},
    fresh: {},
  });
}
