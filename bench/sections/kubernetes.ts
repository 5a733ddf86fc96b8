import { hasCluster, needsCluster } from '../../test/support/cluster.js';
import { ClusterMonitoring } from '../../test/support/cluster-monitoring.js';
import { filled, wholeIncident } from '../kubernetes/incident.js';
import { lookAt, lookRows, slowestWords } from '../kubernetes/looks.js';
import { fillSessions, shortening } from '../kubernetes/redis.js';
import { mongoServer, openSubject, type Subject, startMongo } from '../kubernetes/subject.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { percentile } from '../statistics.js';

export const title =
  'A workload on a real cluster: a look with all its sources, a whole incident, lives of sessions shortened';

/** Why there is nothing to look at, if so. */
export function skipped(): string | undefined {
  if (!hasCluster) return needsCluster;
  return mongoServer
    ? undefined
    : 'needs a MongoDB server: NIGHTSHIFT_MONGO_SERVER, which npm run bench sets';
}

export async function measure(lab: Lab): Promise<readonly Row[]> {
  lab.progress('deploying two agent-brunos, each with its Redis');
  const [looked, incident] = await Promise.all([
    openSubject('bench', { replicas: 2 }),
    openSubject('bench-incident', { env: filled }),
  ]);
  const mongo = await startMongo();
  const monitoring = await monitoringOf([looked, incident]);
  const sources = { prometheus: monitoring.prometheusUrl, mongo: mongo.url };
  try {
    return [
      ...(await looks(looked, sources, lab)),
      ...(await afterProgress(lab, 'working one incident', () => wholeIncident(incident, sources))),
      ...(await afterProgress(lab, 'shortening lives of sessions', () =>
        shortening(looked.bruno.redisUrl, lab.quick ? 20_000 : 100_000),
      )),
    ];
  } finally {
    await monitoring.close();
    await mongo.close();
    await Promise.all([looked.close(), incident.close()]);
  }
}

async function looks(
  subject: Subject,
  sources: { readonly prometheus: string; readonly mongo: string },
  { quick, progress }: Lab,
): Promise<readonly Row[]> {
  const { redisUrl } = subject.bruno;
  await fillSessions(redisUrl, 20_000);
  // What Prometheus is asked for grows with its history: a minute of it is had first.
  progress('waiting for a minute of history');
  if (!quick) await new Promise((resolve) => setTimeout(resolve, 60_000));
  progress('looking at it');
  const usual = await lookAt(subject, sources, quick ? 5 : 40);
  await fillSessions(redisUrl, 100_000);
  const many = await lookAt(subject, sources, quick ? 2 : 10);
  return [
    ...lookRows(usual),
    {
      what: 'a look with 100,000 sessions, p50',
      value: percentile(many.ms, 50),
      unit: 'ms',
      note: slowestWords(many.slowest),
    },
  ];
}

/** Nobody is told of alerts: only Prometheus's history is wanted. */
function monitoringOf(subjects: readonly [Subject, ...Subject[]]): Promise<ClusterMonitoring> {
  return ClusterMonitoring.open({
    cluster: subjects[0].bruno.namespace.cluster,
    namespaces: subjects.map(({ bruno }) => bruno.namespace.name),
    rules: 'groups: []',
  });
}

function afterProgress<T>({ progress }: Lab, line: string, work: () => Promise<T>): Promise<T> {
  progress(line);
  return work();
}
