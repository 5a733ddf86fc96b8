import type { Setting } from '../../../model/changes/kubernetes/set-env.js';
import type { Json } from '../../../model/json.js';
import { failure } from '../../failure.js';

/** Throws where it is neither as planned nor as wanted. */
export function refuseSettingDrift({ variable, before, after }: Setting, now: Json): void {
  if (now === before || now === after) return;
  throw failure(
    'PreconditionChanged',
    `${variable} is ${now === null ? 'not set' : String(now)} there now, not ${before ?? 'unset'}: somebody else has set it.`,
  );
}

export function settingWords(settings: readonly Setting[]): string {
  return settings
    .map(({ variable, before, after }) => `${variable} ${before ?? 'unset'} → ${after ?? 'unset'}`)
    .join(', ');
}
