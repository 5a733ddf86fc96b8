import { shortName, type Target } from '../../model/target.js';
import { type Lab, startTankApi, startWorkers } from '../lab.js';
import type { Row } from '../report.js';
import { paced, percentile } from '../statistics.js';
import { newTank, type TankKind } from '../tanks.js';
import { post, webhookBody } from '../webhook.js';

export const title = 'From the POST of an alert to the first activity, at 10 alerts a second';

const everyMs = 100;

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const seenAt = new Map<string, number>();
  const stop = await startWorkers(lab, {
    read({ key }) {
      if (!seenAt.has(key)) seenAt.set(key, performance.now());
    },
  });
  const count = lab.quick ? 20 : 300;
  try {
    const looks = await delays(lab, 'look', count, seenAt);
    const whole = await delays(lab, 'gentle', count, seenAt);
    return [
      row('incidents that end after the look', looks, { atMost: 100 }),
      row('whole incidents, also running', whole),
    ];
  } finally {
    await stop();
  }
}

async function delays(
  lab: Lab,
  kind: TankKind,
  count: number,
  seenAt: ReadonlyMap<string, number>,
): Promise<readonly number[]> {
  lab.progress(`${count} alerts, ${kind}`);
  const targets = Array.from({ length: count + warmUp }, () => newTank(kind));
  const api = await startTankApi(lab.client, lab.tokensFile, targets.map(nameOf));
  const sentAt = new Map<string, number>();
  try {
    await paced(everyMs, targets, async (target) => {
      sentAt.set(target.key, performance.now());
      const { status } = await post(api.url, lab.token, webhookBody([{ target }]));
      if (status !== 200) throw new Error(`an alert was answered ${status}`);
    });
    await settled(targets, seenAt);
  } finally {
    await api.close();
  }
  return targets
    .slice(warmUp)
    .map(({ key }) => (seenAt.get(key) ?? Number.POSITIVE_INFINITY) - (sentAt.get(key) ?? 0));
}

const warmUp = 10;
const patienceMs = 20_000;

async function settled(targets: readonly Target[], seenAt: ReadonlyMap<string, number>): Promise<void> {
  for (const end = performance.now() + patienceMs; performance.now() < end; ) {
    if (targets.every(({ key }) => seenAt.has(key))) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // The last incidents' own ends: they must not fall into the next figure.
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}

function nameOf({ key }: Target): string {
  return shortName(key);
}

function row(what: string, values: readonly number[], goal?: Row['goal']): Row {
  return {
    what: `${what}, p99`,
    value: percentile(values, 99),
    unit: 'ms',
    note: `p50 ${percentile(values, 50).toFixed(0)} ms, ${values.length} alerts`,
    ...(goal && { goal }),
  };
}
