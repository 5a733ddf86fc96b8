import type { Logger } from 'pino';
import type { Alert } from '../../model/alert.js';
import { TemporalUnreachable } from '../temporal.js';
import { type BadAlert, type IncomingAlert, isBad } from './alertmanager.js';
import { type Arrived, Deliveries, type Delivery } from './delivery.js';
import { Lanes } from './lanes.js';
import { matchAlert, type Routing } from './match.js';
import type { AlertMetrics } from './metrics.js';
import type { IncidentPort } from './port.js';

export type AlertResult = { readonly alert: string; readonly target?: string } & (
  | Delivery
  /** It can't be read; the others of its batch are worked. */
  | { readonly result: 'invalid'; readonly reason: string }
  /** It could not be delivered: the sender must send it again. */
  | Failed
);

interface Failed {
  readonly result: 'failed';
  readonly reason: string;
  readonly mend?: string;
  /** True: Temporal does not answer, so trying the rest of the batch only costs time. */
  readonly down: boolean;
}

export interface IntakeOptions {
  readonly port: IncidentPort;
  /** Asked anew for every alert, so that a configuration read again counts at once. */
  readonly routing: Routing;
  readonly product: string;
  readonly observeOnly?: boolean;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
  readonly metrics: AlertMetrics;
  readonly now?: () => Date;
}

export interface TakeOptions {
  /** `alertmanager` or `reconciliation`. */
  readonly source: string;
  /** Which targets the sender may raise alerts for. */
  readonly allowed?: (targetKey: string) => boolean;
}

/** Alerts of one batch under way at the same time. */
const atOnce = 64;

/** Takes alerts in: each on its own, delivered to its target's incident before the answer is given. */
export class Intake {
  private readonly deliveries: Deliveries;
  private readonly lanes: Lanes<Arrived, Delivery | Failed>;
  private readonly now: () => Date;

  constructor(private readonly options: IntakeOptions) {
    const { port, product, observeOnly = false, now = () => new Date() } = options;
    this.now = now;
    this.deliveries = new Deliveries(port, { product, observeOnly, now });
    this.lanes = new Lanes((key, pile) => this.work(key, pile));
  }

  /** What became of each alert, in order. Never throws: what could not be done is `failed`. */
  async take(
    alerts: readonly (IncomingAlert | BadAlert)[],
    options: TakeOptions,
  ): Promise<readonly AlertResult[]> {
    const results: AlertResult[] = [];
    let next = 0;
    let down: Failed | undefined;
    const worker = async () => {
      for (let n = next++; n < alerts.length; n = next++) {
        const alert = alerts[n];
        if (!alert) continue;
        const result = await this.takeOne(alert, options, down);
        if (result.result === 'failed' && result.down) down = result;
        results[n] = result;
        this.options.metrics.alerts.inc({ result: result.result, source: options.source });
      }
    };
    await Promise.all(Array.from({ length: Math.min(atOnce, alerts.length) }, worker));
    this.log(results, options.source);
    return results;
  }

  private async takeOne(
    incoming: IncomingAlert | BadAlert,
    { source, allowed = () => true }: TakeOptions,
    down: Failed | undefined,
  ): Promise<AlertResult> {
    if (isBad(incoming))
      return { alert: incoming.path, result: 'invalid', reason: `${incoming.path} ${incoming.reason}` };
    const { name } = incoming;
    const match = matchAlert(incoming, this.options.routing);
    if ('ignored' in match) return { alert: name, result: 'ignored', reason: match.ignored };
    const { runbook, target } = match;
    // The same words as for a target that is not there: a sender learns nothing about others' targets.
    if (!allowed(target.key))
      return { alert: name, result: 'ignored', reason: `no target ${target.key} is configured` };
    if (down) return { alert: name, target: target.key, ...down };
    const receivedAt = this.now().toISOString();
    const { startsAt: since = '', ...said } = incoming;
    const alert: Alert = { ...said, startsAt: since || receivedAt, receivedAt, runbook, source };
    return {
      alert: name,
      target: target.key,
      ...(await this.lanes.put(target.key, { alert, target, since })),
    };
  }

  /** One target's pile: its incident's state is read once, after all of the pile has arrived. */
  private async work(targetKey: string, pile: readonly Arrived[]): Promise<readonly (Delivery | Failed)[]> {
    const results: (Delivery | Failed)[] = [];
    let known: Awaited<ReturnType<Deliveries['look']>> | undefined;
    for (const arrived of pile) {
      const last = results.at(-1);
      if (last?.result === 'failed' && last.down) {
        results.push(last);
        continue;
      }
      try {
        known ??= await this.deliveries.look(targetKey);
        results.push(await this.deliveries.deliver(arrived, known));
      } catch (error) {
        known = undefined;
        results.push(this.failed(error));
      }
    }
    return results;
  }

  private failed(error: unknown): Failed {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof TemporalUnreachable)
      return { result: 'failed', reason, mend: error.mend, down: true };
    this.options.logger.error({ err: error }, 'an alert could not be delivered');
    return { result: 'failed', reason, down: false };
  }

  private log(results: readonly AlertResult[], source: string): void {
    const counts: Record<string, number> = {};
    for (const { result } of results) counts[result] = (counts[result] ?? 0) + 1;
    const { logger } = this.options;
    if (counts.accepted || counts.heldOff || source !== 'reconciliation')
      logger.info({ source, ...counts }, 'alerts taken in');
    const trouble = results.find(({ result }) => result === 'failed' || result === 'invalid');
    if (trouble)
      logger.warn({ source, ...trouble }, 'alerts could not be taken in; the first of them is shown');
  }
}
