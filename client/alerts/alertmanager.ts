import { z } from 'zod';
import type { AlertStatus, Severity } from '../../model/alert.js';
import { digest } from '../../model/digest.js';
import { bounded } from './bounds.js';

/** An alert as its sender told it, before it is matched to a runbook and a target. */
export interface IncomingAlert {
  readonly name: string;
  readonly status: AlertStatus;
  readonly severity: Severity;
  readonly fingerprint: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  /** ISO time with milliseconds, whatever precision the sender used. Absent where it said nothing. */
  readonly startsAt?: string;
}

/** One alert of a batch that can't be read. `path` says where, as in `alerts[3].labels.alertname`. */
export interface BadAlert {
  readonly path: string;
  readonly reason: string;
}

export interface Batch {
  /** In the order of the payload. */
  readonly alerts: readonly (IncomingAlert | BadAlert)[];
  /** Alerts that Alertmanager left out of the payload for its size. */
  readonly truncated: number;
}

/** The payload as a whole is nothing that can be worked. */
export class BadPayload extends Error {
  override readonly name = 'BadPayload';
  readonly mend = 'Point an Alertmanager webhook_configs receiver (payload version 4) at this address.';
}

export function isBad(alert: IncomingAlert | BadAlert): alert is BadAlert {
  return 'reason' in alert;
}

/** Alerts in one payload at most: ten times what the product is designed for. */
const maxAlerts = 10_000;

const payloadSchema = z.object(
  {
    version: z.literal('4', {
      error: (issue) => `is ${JSON.stringify(issue.input)}; Nightshift reads version "4"`,
    }),
    alerts: z.array(z.unknown(), { error: 'must be a list of alerts' }).max(maxAlerts),
    truncatedAlerts: z.number().int().min(0).optional(),
  },
  { error: 'must be an object, as Alertmanager sends it' },
);

const texts = z.record(z.string(), z.string({ error: 'must be text' }), {
  error: 'must be an object of texts',
});

const alertSchema = z.object(
  {
    status: z.enum(['firing', 'resolved'], { error: 'must be "firing" or "resolved"' }),
    labels: texts.refine((labels) => Object.keys(labels).length > 0, 'an alert without labels says nothing'),
    annotations: texts.optional(),
    startsAt: z.string().optional(),
    fingerprint: z.string().max(200).optional(),
  },
  { error: 'must be an object' },
);

/** Reads a webhook body of Alertmanager, version 4. Throws `BadPayload` with the reason and the path. */
export function parseWebhook(body: string): Batch {
  const parsed = payloadSchema.safeParse(parseJson(body));
  if (!parsed.success) throw new BadPayload(firstIssue('', parsed.error));
  const { alerts, truncatedAlerts = 0 } = parsed.data;
  return { alerts: alerts.map((alert, n) => parseAlert(alert, `alerts[${n}]`)), truncated: truncatedAlerts };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch (error) {
    throw new BadPayload(`the body is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Reads one alert. What it says in too many words is cut and what looks like a credential is left out. */
export function parseAlert(value: unknown, path: string): IncomingAlert | BadAlert {
  const parsed = alertSchema.safeParse(value);
  if (!parsed.success) return badAlert(path, parsed.error);
  const { status, labels, annotations = {}, startsAt, fingerprint } = parsed.data;
  const name = labels.alertname;
  if (!name) return { path: `${path}.labels.alertname`, reason: 'is missing: every alert has a name' };
  const since = startsAt === undefined ? Number.NaN : Date.parse(startsAt);
  return {
    name: name.slice(0, 200),
    status,
    severity: labels.severity === 'critical' ? 'critical' : 'warning',
    fingerprint: fingerprint || digest(labels).slice(0, 16),
    labels: bounded(labels),
    annotations: bounded(annotations),
    ...(Number.isNaN(since) ? {} : { startsAt: new Date(since).toISOString() }),
  };
}

function badAlert(path: string, error: z.ZodError): BadAlert {
  const issue = error.issues[0];
  return { path: pathOf(path, issue?.path ?? []), reason: issue?.message ?? 'is malformed' };
}

function firstIssue(base: string, error: z.ZodError): string {
  const issue = error.issues[0];
  const path = pathOf(base, issue?.path ?? []);
  return `${path || 'the body'}: ${issue?.message ?? 'is malformed'}`;
}

function pathOf(base: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>(
    (text, part) =>
      typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${String(part)}` : String(part),
    base,
  );
}
