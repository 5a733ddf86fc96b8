import { isCancel, select, text } from '@clack/prompts';
import type { IncidentView } from '../../model/view.js';
import type { Io } from '../cli/terminal/io.js';
import { questionLines } from '../cli/watch/decision.js';

/** A person's answer; undefined: none was given in time. */
export type Answer = { readonly answer: 'approve' | 'reject'; readonly comment?: string } | undefined;

/** Asks the person at the terminal about the exact change, shown first where it is not in sight. Ctrl-C ends the demo. */
export async function askPerson(
  io: Io,
  view: IncidentView,
  { showIt, stop }: { readonly showIt: boolean; readonly stop: () => void },
): Promise<Answer> {
  const open = view.openDecision;
  if (!open) return undefined;
  const leftMs = Math.max(1_000, Date.parse(open.expiresAt) - io.now().getTime());
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(leftMs)]);
  if (showIt)
    io.out(
      `${questionLines({ view, now: io.now(), columns: io.columns(), paint: io.paint }).join('\n')}\n\n`,
    );
  const answer = await select({
    message: 'Approve this change?',
    options: [
      { value: 'approve' as const, label: 'Approve' },
      { value: 'reject' as const, label: 'Reject' },
    ],
    signal,
  });
  if (isCancel(answer)) {
    // The prompt takes Ctrl-C for itself.
    if (!signal.aborted) stop();
    return undefined;
  }
  if (answer === 'approve') return { answer };
  const comment = await text({
    message: 'Why not?',
    validate: (value) => (value?.trim() ? undefined : 'A reject needs a reason.'),
    signal,
  });
  return isCancel(comment) ? undefined : { answer, comment };
}
