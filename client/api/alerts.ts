import { Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { type AlertResult, parseWebhook } from '../alerts/index.js';
import { mayTouch } from '../tokens/index.js';
import { requires } from './auth.js';
import type { ApiEnv, ApiParts } from './context.js';
import { ApiError, retryAfter } from './errors.js';

/** A webhook body may be so long, bytes. A thousand alerts are some 600 kB. */
const maxBody = 1024 * 1024;

/**
 * `POST /alertmanager`. 2xx: all is done. 503: send it again. 4xx: Alertmanager drops it for good, so that is only
 * for what no repetition would mend: nothing in the payload can be read.
 */
export function alertRoutes({ intake, reconciler, tokens, logger, metrics }: ApiParts): Hono<ApiEnv> {
  const limit = bodyLimit({
    maxSize: maxBody,
    onError: () => {
      throw new ApiError(
        413,
        `the body is longer than ${maxBody / 1024} KiB`,
        "Set max_alerts in Alertmanager's webhook_configs: what it leaves out is fetched where alertmanager.url is set.",
        { Connection: 'close' },
      );
    },
  });
  return new Hono<ApiEnv>().post('/alertmanager', requires('deliver', tokens), limit, async (c) => {
    const who = c.get('who');
    const batch = parseWebhook(await c.req.text());
    if (batch.truncated > 0) {
      metrics.truncated.inc(batch.truncated);
      logger.warn(
        { truncated: batch.truncated, fetched: reconciler !== undefined },
        'Alertmanager left alerts out of a notification',
      );
      // Not waited for: the sender's own alerts are answered for, these come by another way.
      void reconciler?.trigger();
    }
    const results = await intake.take(batch.alerts, {
      source: 'alertmanager',
      allowed: (key) => mayTouch(who, key),
    });
    const { status, body } = answerFor(results);
    return c.json(body, status, status === 503 ? { 'Retry-After': retryAfter } : {});
  });
}

/** The status that makes the sender do the right thing, and what became of each alert. */
export function answerFor(results: readonly AlertResult[]) {
  const alerts = results.map(({ alert, result, ...rest }) => ({
    alert,
    result,
    ...('target' in rest ? { target: rest.target } : {}),
    ...('reason' in rest ? { reason: rest.reason } : {}),
  }));
  const failed = results.find((result) => result.result === 'failed');
  if (failed?.result === 'failed') {
    const mend = failed.mend ?? 'Send it again.';
    return { status: 503 as const, body: { error: failed.reason, mend, alerts } };
  }
  const bad = results.filter((result) => result.result === 'invalid');
  if (bad.length > 0 && bad.length === results.length) {
    const error = bad[0]?.result === 'invalid' ? bad[0].reason : '';
    return { status: 400 as const, body: { error, mend: 'Correct what the path names.', alerts } };
  }
  return { status: 200 as const, body: { alerts } };
}
