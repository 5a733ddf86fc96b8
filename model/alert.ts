export type AlertStatus = 'firing' | 'resolved';
export type Severity = 'warning' | 'critical';

/** One notification from a monitoring system, already matched to a target. */
export interface Alert {
  readonly name: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
  /** The sender's own identity for this alert, or a hash of its labels. */
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO time. May move between repeats. */
  readonly startsAt: string;
  /** When Nightshift took it in, ISO. */
  readonly receivedAt: string;
  /** The runbook that the configuration matched it to. */
  readonly runbook: string;
  /** `alertmanager`, `watch`, `person:<who>`, `reconciliation`. */
  readonly source: string;
}
