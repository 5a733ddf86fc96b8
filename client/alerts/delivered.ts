import type { Alert } from '../../model/alert.js';
import { digest } from '../../model/digest.js';

/**
 * What this process has delivered, and to which run: a repeat that says nothing new need not be signalled again.
 * Forgetting costs a signal, never an alert; so it is bounded, and the least recently used goes first.
 */
export class Delivered {
  private readonly entries = new Map<string, { readonly runId: string; readonly says: string }>();

  constructor(private readonly capacity = 20_000) {}

  /** True where the run has been told exactly this. */
  has(targetKey: string, runId: string, alert: Said): boolean {
    const key = keyOf(targetKey, alert);
    const entry = this.entries.get(key);
    if (entry?.runId !== runId || entry.says !== sayingOf(alert)) return false;
    this.entries.delete(key);
    this.entries.set(key, entry);
    return true;
  }

  add(targetKey: string, runId: string, alert: Said): void {
    const key = keyOf(targetKey, alert);
    this.entries.delete(key);
    this.entries.set(key, { runId, says: sayingOf(alert) });
    const oldest = this.entries.size > this.capacity ? this.entries.keys().next().value : undefined;
    if (oldest !== undefined) this.entries.delete(oldest);
  }
}

export type Said = Pick<Alert, 'fingerprint' | 'status' | 'severity' | 'runbook'> & {
  readonly since: string;
};

function keyOf(targetKey: string, { fingerprint }: Said): string {
  return digest([targetKey, fingerprint]);
}

/**
 * The start is part of it: an alert that fires again after it resolved has a new one, and the resolving may have
 * gone through another process.
 */
function sayingOf({ status, severity, runbook, since }: Said): string {
  return [status, severity, runbook, since].join(' ');
}
