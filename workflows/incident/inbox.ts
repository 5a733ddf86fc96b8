import type { Alert, Severity } from '../../model/alert.js';
import type { FactBody } from '../../model/facts.js';

interface Held {
  alert: Alert;
  resolved: boolean;
  /** Worked by a ladder, or joined to the one under way. */
  worked: boolean;
  expected: boolean;
  repeats: number;
}

/** The alerts of one incident: which are firing, which are new, which say nothing new. */
export class Inbox {
  private readonly held = new Map<string, Held>();

  /**
   * Takes one notification in and says which fact it makes, if any. Repeats are a counter that becomes a fact at
   * 1, 2, 4, 8 …, so that a storm does not fill the history.
   */
  take(
    alert: Alert,
    context: { readonly runbook: string; readonly closing: boolean; readonly expected: string | undefined },
  ): FactBody | undefined {
    const known = this.held.get(alert.fingerprint);
    if (alert.status === 'resolved') return this.resolve(alert, known);
    if (
      known &&
      !known.resolved &&
      known.alert.severity === alert.severity &&
      known.alert.runbook === alert.runbook
    ) {
      known.repeats += 1;
      const { repeats } = known;
      return (repeats & (repeats - 1)) === 0
        ? { type: 'alertRepeated', fingerprint: alert.fingerprint, times: repeats }
        : undefined;
    }
    const joined = this.held.size > 0;
    const expected = context.expected;
    this.held.set(alert.fingerprint, {
      alert,
      resolved: false,
      // What joins while its own runbook is being worked is worked with it; what comes when that is over is not.
      worked: expected !== undefined || (alert.runbook === context.runbook && !context.closing),
      expected: expected !== undefined,
      repeats: known?.repeats ?? 0,
    });
    return { type: 'alert', alert, joined, ...(expected === undefined ? {} : { expected }) };
  }

  private resolve(alert: Alert, known: Held | undefined): FactBody | undefined {
    if (!known || known.resolved) return undefined;
    known.resolved = true;
    return { type: 'alertResolved', name: alert.name, fingerprint: alert.fingerprint };
  }

  get empty(): boolean {
    return this.held.size === 0;
  }

  /** True where there were alerts and none of them fires any more. Expected ones don't count. */
  get allResolved(): boolean {
    const counted = [...this.held.values()].filter(({ expected }) => !expected);
    return counted.length > 0 && counted.every(({ resolved }) => resolved);
  }

  /** The severest label among that runbook's firing alerts. */
  severity(runbook: string): Severity {
    const firing = [...this.held.values()].filter(
      ({ resolved, expected, alert }) => !resolved && !expected && alert.runbook === runbook,
    );
    return firing.some(({ alert }) => alert.severity === 'critical') ? 'critical' : 'warning';
  }

  /** Names of the alerts that fire now, each once, those left out that our own change must be expected to cause. */
  get firing(): readonly string[] {
    const held = [...this.held.values()].filter(({ resolved, expected }) => !resolved && !expected);
    return [...new Set(held.map(({ alert }) => alert.name))];
  }

  get fingerprints(): readonly string[] {
    return [...this.held.keys()].slice(0, 50);
  }

  /** The runbook of a firing alert that no ladder has worked yet, if there is one. */
  get unworked(): Alert | undefined {
    return [...this.held.values()].find(({ resolved, worked }) => !resolved && !worked)?.alert;
  }

  /** Marks all alerts of that runbook as worked by the ladder that begins now, but for those that `spared` names. */
  markWorked(runbook: string, spared: (alert: Alert) => boolean = () => false): void {
    for (const held of this.held.values())
      if (held.alert.runbook === runbook && !spared(held.alert)) held.worked = true;
  }
}
