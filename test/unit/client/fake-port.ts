import type { IncidentPort } from '../../../client/alerts/port.js';
import type { RunState } from '../../../client/incidents/run.js';
import type { Alert } from '../../../model/alert.js';
import type { HoldOffMemo } from '../../../workflows/contract.js';

/** Incidents in memory: enough of Temporal for the rules of delivery. A signal costs four events, as with a worker. */
export class FakePort implements IncidentPort {
  readonly runs = new Map<string, RunState & { alerts: Alert[] }>();
  readonly held: string[] = [];
  readonly looks: string[] = [];
  /** Thrown by every call, where it is set. */
  fault: Error | undefined;
  private count = 0;

  async latestRun(key: string): Promise<RunState | undefined> {
    this.check();
    this.looks.push(key);
    const run = this.runs.get(key);
    return run && { ...run };
  }

  async start({ target, alert, runbook }: Parameters<IncidentPort['start']>[0]) {
    this.check();
    const open = this.runs.get(target.key);
    if (open?.running) {
      open.alerts.push(alert);
      return { runId: open.runId };
    }
    this.count += 1;
    const runId = `run-${this.count}`;
    this.runs.set(target.key, { runId, running: true, runbook, historyLength: 3, alerts: [alert] });
    return { runId };
  }

  async signal(key: string, runId: string, alert: Alert): Promise<boolean> {
    this.check();
    const run = this.runs.get(key);
    if (!run?.running || run.runId !== runId) return false;
    run.alerts.push(alert);
    this.runs.set(key, { ...run, historyLength: run.historyLength + 4 });
    return true;
  }

  async heldOff({ alert }: Parameters<IncidentPort['heldOff']>[0]): Promise<void> {
    this.check();
    this.held.push(`firing ${alert.fingerprint}`);
  }

  async heldOffResolved(_: unknown, fingerprint: string): Promise<void> {
    this.check();
    this.held.push(`resolved ${fingerprint}`);
  }

  close(key: string, holdOff?: HoldOffMemo): void {
    const run = this.runs.get(key);
    if (run) this.runs.set(key, { ...run, running: false, ...(holdOff ? { holdOff } : {}) });
  }

  alerts(key: string): Alert[] {
    return this.runs.get(key)?.alerts ?? [];
  }

  private check(): void {
    if (this.fault) throw this.fault;
  }
}
