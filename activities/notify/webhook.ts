import { createHmac } from 'node:crypto';
import type { Notification } from '../../model/activities.js';
import { failure, messageOf } from '../failure.js';

export interface Webhook {
  readonly url: string;
  readonly timeoutSeconds: number;
  /** The signing secret. Asked at every delivery, so that a changed one needs no restart. */
  secret(): string;
}

/**
 * Posts a notification as JSON, signed: `X-Nightshift-Signature: v1=<hex>` is the HMAC-SHA256 of
 * `<X-Nightshift-Timestamp>.<body>`; `X-Nightshift-Delivery` is the same for every retry of one message.
 * Throws `Unreachable` for anything but a 2xx, redirects included: they are never followed.
 */
export async function postSigned(
  webhook: Webhook,
  notification: Notification,
  now: () => Date,
): Promise<string> {
  const body = JSON.stringify(notification);
  const timestamp = String(Math.floor(now().getTime() / 1000));
  const signature = createHmac('sha256', webhook.secret()).update(`${timestamp}.${body}`).digest('hex');
  const host = new URL(webhook.url).host;
  try {
    const response = await fetch(webhook.url, {
      method: 'POST',
      redirect: 'manual',
      body,
      headers: {
        'content-type': 'application/json',
        'x-nightshift-delivery': notification.id,
        'x-nightshift-timestamp': timestamp,
        'x-nightshift-signature': `v1=${signature}`,
      },
      signal: AbortSignal.timeout(webhook.timeoutSeconds * 1000),
    });
    await response.body?.cancel();
    if (response.ok) return `${host} answered ${response.status}`;
    throw new Error(`it answered ${response.status}`);
  } catch (error) {
    throw failure(
      'Unreachable',
      `the webhook at ${host} did not take the message: ${messageOf(error)}`,
      error,
    );
  }
}
