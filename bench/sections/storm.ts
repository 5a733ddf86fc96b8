import type { Fact } from '../../model/facts.js';
import { shortName, type Target } from '../../model/target.js';
import { type IncidentResult, queries, workflowIds } from '../../workflows/contract.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { atMost, paced, percentile, timed } from '../statistics.js';
import { newTank } from '../tanks.js';
import { type Answer, post, type SentAlert, webhookBody } from '../webhook.js';

export const title = 'Storms of alerts, through two API processes and a worker process';

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const { address, bundlePath, tokensFile, quick, progress } = lab;
  const batch = Array.from({ length: quick ? 50 : 1000 }, () => newTank('look'));
  const storm = Array.from({ length: quick ? 5 : 100 }, () => newTank('wait'));
  const names = [...batch, ...storm].map(({ key }) => shortName(key));
  const api = { role: 'api', address, tokensFile, names } as const;
  const processes = await Promise.all([
    lab.children.start({ role: 'worker', address, bundlePath, padding: 0 }),
    lab.children.start(api),
    lab.children.start(api),
  ]);
  const urls = processes.slice(1).map(({ url }) => url);
  try {
    progress(`${batch.length} alerts in one batch`);
    const first = await oneBatch(lab, urls[0] ?? '', batch);
    progress(`${storm.length * sayings * 2} alerts at a steady rate`);
    return [...first, ...(await steady(lab, urls, storm))];
  } finally {
    for (const process of processes) await process.stop();
  }
}

async function oneBatch(lab: Lab, url: string, targets: readonly Target[]): Promise<readonly Row[]> {
  const body = webhookBody(targets.map((target) => ({ target })));
  const { ms, value } = await timed(() => post(url, lab.token, body));
  const accepted = value.results.filter((result) => result === 'accepted').length;
  const result = await timed(() => allEnd(lab, targets));
  return [
    {
      what: `${targets.length} alerts in one batch, answered (${value.status})`,
      value: ms / 1000,
      unit: 's',
    },
    lost('… not accepted', targets.length - accepted),
    lost('… without an incident that ended as it should', result.value.failed),
    { what: '… all incidents at their end after a further', value: result.ms / 1000, unit: 's' },
  ];
}

async function allEnd({ client }: Lab, targets: readonly Target[]): Promise<{ readonly failed: number }> {
  let failed = 0;
  await atMost(50, targets, async ({ key }) => {
    const result = client.workflow.getHandle(workflowIds.incident(key)).result() as Promise<IncidentResult>;
    const { outcome } = await result.catch(() => ({ outcome: undefined }));
    if (outcome !== 'observed') failed += 1;
  });
  return { failed };
}

/** Different alerts of one target; each is sent firing and again, resolved, firing anew and again, through both APIs. */
const fingerprints = 10;
const sayings = fingerprints * 5;
/** Alerts in one POST. */
const perPost = 20;

async function steady(
  lab: Lab,
  urls: readonly string[],
  targets: readonly Target[],
): Promise<readonly Row[]> {
  // The first of them keeps firing, so that the incident stays open.
  await Promise.all(
    urls.map((url) => post(url, lab.token, webhookBody(targets.map((target) => ({ target }))))),
  );
  const posts = rounds(targets).flatMap((alerts) => chunks(alerts).map(webhookBody));
  const sends = posts.flatMap((body, n) =>
    urls.map((_, turn) => ({ body, url: urls[(n + turn) % urls.length] ?? '' })),
  );
  const times: number[] = [];
  const answers: Answer[] = [];
  const everyMs = (lab.quick ? 3_000 : 60_000) / sends.length;
  const { ms } = await timed(() =>
    paced(everyMs, sends, async ({ url, body }) => {
      const { ms: took, value } = await timed(() => post(url, lab.token, body));
      times.push(took);
      answers.push(value);
    }),
  );
  const results = answers.flatMap((answer) => answer.results);
  const wrong = results.filter((result) => !['joined', 'repeat'].includes(result)).length;
  const sent = rounds(targets).flat().length * urls.length;
  lab.progress('reading the incidents');
  const told = await whatTheyKnow(lab, targets);
  return [
    {
      what: `${sent} alerts, answered within`,
      value: ms / 1000,
      unit: 's',
      goal: { atMost: lab.quick ? 6 : 63 },
    },
    {
      what: '… a POST of 20, p99',
      value: percentile(times, 99),
      unit: 'ms',
      note: `p50 ${percentile(times, 50).toFixed(0)} ms`,
    },
    lost('… not answered, or answered otherwise than joined or repeat', sent - results.length + wrong),
    lost('… alerts that no incident knows', told.unknown),
    lost('… targets with more than one incident', told.twice),
    { what: '… longest history, events', value: told.longest, unit: '', goal: { atMost: 2000 } },
  ];
}

/** What is said of every target, in order: rounds, so that a target's alerts are spread over the whole time. */
function rounds(targets: readonly Target[]): readonly (readonly SentAlert[])[] {
  const later = new Date(Date.now() + 1000).toISOString();
  const story: readonly Partial<SentAlert>[] = [
    { status: 'firing' },
    { status: 'firing' },
    { status: 'resolved' },
    { status: 'firing', startsAt: later },
    { status: 'firing', startsAt: later },
  ];
  return story.flatMap((said) =>
    Array.from({ length: fingerprints }, (_, n) =>
      targets.map((target) => ({ target, fingerprint: fingerprint(target, n), ...said })),
    ),
  );
}

function fingerprint({ key }: Target, n: number): string {
  return `${key}/${n}`;
}

function chunks(alerts: readonly SentAlert[]): readonly (readonly SentAlert[])[] {
  return Array.from({ length: Math.ceil(alerts.length / perPost) }, (_, n) =>
    alerts.slice(n * perPost, (n + 1) * perPost),
  );
}

async function whatTheyKnow({ client }: Lab, targets: readonly Target[]) {
  let unknown = 0;
  let twice = 0;
  let longest = 0;
  await atMost(10, targets, async (target) => {
    const workflowId = workflowIds.incident(target.key);
    const handle = client.workflow.getHandle(workflowId);
    const facts = await handle.query<readonly Fact[]>(queries.facts);
    const known = new Set(facts.flatMap((fact) => (fact.type === 'alert' ? [fact.alert.fingerprint] : [])));
    for (let n = 0; n < fingerprints; n += 1) if (!known.has(fingerprint(target, n))) unknown += 1;
    longest = Math.max(longest, (await handle.describe()).historyLength);
    const runs = await client.workflow.count(`WorkflowId = '${workflowId}'`);
    if (runs.count !== 1) twice += 1;
  });
  return { unknown, twice, longest };
}

function lost(what: string, value: number): Row {
  return { what, value, unit: '', goal: { atMost: 0 } };
}
