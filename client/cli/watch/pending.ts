import type { PendingActivity } from '../../incidents/index.js';
import { clip, plain, wrap } from '../terminal/text.js';
import { type Scene, until } from './frame.js';

/** What is being tried again, and why: the history knows nothing of that yet. */
export function pendingLines({ pending, columns, now, paint }: Scene): readonly string[] {
  const troubled = pending.filter(({ attempt, lastFailure }) => attempt > 1 || lastFailure);
  if (troubled.length === 0) return [];
  return [
    '',
    ...troubled.flatMap((activity) => [
      paint.yellow(clip(plain(retryLine(activity, now)), columns)),
      ...wrap(plain(retryReason(activity)), columns - 2).map((line) => `  ${line}`),
    ]),
  ];
}

/** `Retrying: carrying out a change, attempt 3 of 8, next in 4 s`. */
export function retryLine(activity: PendingActivity, now: Date): string {
  const { attempt, maximumAttempts, nextAttemptAt, state } = activity;
  const of = maximumAttempts > 0 ? ` of ${maximumAttempts}` : '';
  const next =
    state === 'running' ? ', running now' : nextAttemptAt ? `, next ${until(nextAttemptAt, now)}` : '';
  return `Retrying: ${activityWords(activity.type)}, attempt ${attempt}${of}${next}`;
}

/** Why the last attempt failed. */
export function retryReason({ lastFailure }: PendingActivity): string {
  if (!lastFailure) return 'no reason was given';
  return lastFailure.type ? `${lastFailure.type}: ${lastFailure.message}` : lastFailure.message;
}

const words: Readonly<Record<string, string>> = {
  look: 'looking at the target',
  carryOut: 'carrying out the change',
  sample: 'taking samples',
  askGovernor: 'asking the governor',
  tellGovernor: 'telling the governor',
  notify: 'telling people',
};

function activityWords(type: string): string {
  return words[type] ?? type;
}
