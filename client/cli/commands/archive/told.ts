import type { ArchiverRun } from '../../../../archive/standing.js';
import { bytes, count, dateTime, duration, secondsBetween } from '../../../../model/format.js';

/** `12 written, 3 there already, 1 failed, 2 pruned (40 KiB)`. */
export function resultText({ result, status }: ArchiverRun): string {
  if (!result)
    return status === 'RUNNING' ? 'it is at work' : `it ended without a result (${status.toLowerCase()})`;
  const { written, there, failed, pruned, prunedBytes } = result;
  const parts = [
    `${written} written`,
    ...(there > 0 ? [`${there} there already`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(pruned > 0 ? [`${pruned} pruned (${bytes(prunedBytes)})`] : []),
  ];
  return parts.join(', ');
}

/** What did not go well in a run, a line each. */
export function troubleLines({ result }: ArchiverRun): readonly string[] {
  if (!result) return [];
  const { trouble, failed, failures } = result;
  return [
    ...(trouble === undefined ? [] : [trouble]),
    ...failures.map(({ workflowId, runId, why }) => `${workflowId} (run ${runId}): ${why}`),
    ...(failed > failures.length ? [`and ${count(failed - failures.length, 'more', 'more')}`] : []),
  ];
}

/** `2026-11-22 05:10:32 UTC (3 min ago)`. */
export function ago(iso: string, now: Date): string {
  const seconds = secondsBetween(iso, now.toISOString());
  return `${dateTime(iso)} (${seconds < 0 ? `in ${duration(-seconds)}` : `${duration(seconds)} ago`})`;
}
