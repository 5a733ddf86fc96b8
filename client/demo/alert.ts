import { CliError, exitCodes } from '../cli/exit-codes.js';

/** The demo's alert: what fires it, since when, and whether it still does. */
export interface DemoAlert {
  /** `alertname` and `severity` among them. */
  readonly labels: Readonly<Record<string, string>> & { readonly alertname: string };
  readonly summary: string;
  readonly startsAt: Date;
  /** Absent: it fires. */
  readonly endsAt?: Date;
}

/** What Alertmanager would send (payload version 4) for a shipped rule. */
export function alertPayload({ labels, summary, startsAt, endsAt }: DemoAlert) {
  const status = endsAt === undefined ? 'firing' : 'resolved';
  return {
    version: '4',
    groupKey: `{}:{alertname="${labels.alertname}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'nightshift',
    groupLabels: { alertname: labels.alertname },
    commonLabels: labels,
    commonAnnotations: { summary },
    externalURL: '',
    alerts: [
      {
        status,
        labels,
        annotations: { summary },
        startsAt: startsAt.toISOString(),
        endsAt: endsAt?.toISOString() ?? '0001-01-01T00:00:00Z',
        generatorURL: '',
      },
    ],
  };
}

/** Posts it as Alertmanager does, with a token that can deliver alerts and nothing else. */
export async function postAlert(api: string, token: string, payload: object): Promise<void> {
  const response = await fetch(`${api}/alerts/alertmanager`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(payload),
    signal: AbortSignal.timeout(15_000),
  });
  if (!response.ok)
    throw new CliError(
      exitCodes.failed,
      `the alert was not taken: ${response.status} ${await response.text()}`,
    );
}
