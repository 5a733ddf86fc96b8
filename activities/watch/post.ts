import { product } from '../../model/product.js';
import type { Told, WatchPlan } from '../../model/watch.js';
import { failure, messageOf } from '../failure.js';

/** One post may take this long, milliseconds. */
const postLimitMs = 10_000;

/**
 * What is posted: an Alertmanager webhook of version 4 with one alert, so that whatever takes those takes this,
 * and beside it the figures, `usage` (percent) first, as MEM-001's script sent it.
 */
export function bodyOf({ target }: WatchPlan, { alert, figures }: Told) {
  const { status, labels, annotations, startsAt, receivedAt, fingerprint } = alert;
  const { percent, used, limit, bytesPerSecond, secondsToLimit, kills } = figures;
  const endsAt = status === 'resolved' ? receivedAt : '0001-01-01T00:00:00Z';
  return {
    ...(percent !== undefined && { usage: Math.round(percent) }),
    target: target.key,
    usedBytes: used,
    limitBytes: limit,
    growthBytesPerSecond: bytesPerSecond,
    secondsToLimit,
    oomKills: kills,
    version: '4',
    groupKey: `{}:{alertname="${alert.name}", target="${target.key}"}`,
    truncatedAlerts: 0,
    status,
    receiver: 'nightshift-watch',
    groupLabels: { alertname: alert.name },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalURL: '',
    alerts: [{ status, labels, annotations, startsAt, endsAt, generatorURL: '', fingerprint }],
  };
}

/**
 * Posts an alert as JSON, with the bearer token if one is given. Throws `Unreachable` for anything but a 2xx,
 * redirects included: a token is never carried elsewhere.
 */
export async function post(plan: WatchPlan, told: Told, bearer: string | undefined): Promise<string> {
  const url = new URL(plan.postTo ?? '');
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      body: JSON.stringify(bodyOf(plan, told)),
      headers: {
        'content-type': 'application/json',
        'user-agent': product,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
      signal: AbortSignal.timeout(postLimitMs),
    });
    await response.body?.cancel();
    if (response.ok) return `${url.host} answered ${response.status}`;
    throw new Error(`it answered ${response.status}`);
  } catch (error) {
    throw failure('Unreachable', `${url.host} did not take the watch's alert: ${messageOf(error)}`, error);
  }
}
