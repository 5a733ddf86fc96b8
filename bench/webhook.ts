import { shortName, type Target } from '../model/target.js';

/** One alert as Alertmanager sends it. */
export interface SentAlert {
  readonly target: Target;
  readonly fingerprint?: string;
  readonly status?: 'firing' | 'resolved';
  readonly severity?: 'warning' | 'critical';
  readonly startsAt?: string;
}

/** A webhook body of Alertmanager, version 4. */
export function webhookBody(alerts: readonly SentAlert[]): string {
  const now = new Date().toISOString();
  return JSON.stringify({
    version: '4',
    status: 'firing',
    receiver: 'nightshift',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example',
    truncatedAlerts: 0,
    alerts: alerts.map(
      ({ target, fingerprint, status = 'firing', severity = 'critical', startsAt = now }) => ({
        status,
        labels: { alertname: 'TankFull', severity, tank: shortName(target.key), job: 'bench' },
        annotations: { summary: 'The tank is nearly full', runbook_url: 'https://example.org/runbooks/tank' },
        startsAt,
        endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : now,
        fingerprint: fingerprint ?? target.key,
      }),
    ),
  });
}

export interface Answer {
  readonly status: number;
  readonly results: readonly string[];
}

/** Posts a body to the API as Alertmanager does. */
export async function post(url: string, token: string, body: string): Promise<Answer> {
  const response = await fetch(`${url}/alerts/alertmanager`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body,
  });
  const { alerts = [] } = (await response.json()) as { alerts?: readonly { readonly result: string }[] };
  return { status: response.status, results: alerts.map(({ result }) => result) };
}
