import { Counter, type Registry } from 'prom-client';

/** What the intake counts. Labels are of a fixed set: never a target, never a name from outside. */
export interface AlertMetrics {
  readonly alerts: Counter<'result' | 'source'>;
  readonly truncated: Counter;
  readonly reconciliations: Counter<'result'>;
}

export function alertMetrics(registry: Registry): AlertMetrics {
  const registers = [registry];
  return {
    alerts: new Counter({
      name: 'nightshift_alerts_total',
      help: 'Alerts taken in, by what became of them',
      labelNames: ['result', 'source'],
      registers,
    }),
    truncated: new Counter({
      name: 'nightshift_alerts_truncated_total',
      help: 'Alerts that Alertmanager left out of its notifications for their size',
      registers,
    }),
    reconciliations: new Counter({
      name: 'nightshift_reconciliations_total',
      help: "Comparisons with Alertmanager's active alerts, by result",
      labelNames: ['result'],
      registers,
    }),
  };
}
