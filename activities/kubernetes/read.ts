import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Target } from '../../model/target.js';
import type { Reading } from '../adapter.js';
import { closeUp } from './close-up.js';
import { type Asked, type Gathered, gather } from './gather.js';
import { byFullness, healthOf, killsOf, latestStart, worstOf } from './measure.js';
import { noteWorkload } from './note.js';
import { nodeKills, oomKills, podReading, workingSets } from './pods.js';
import { workloadReading } from './workload.js';

/** Pods beyond these are not kept in the look: the fullest are what it is about. */
const mostPods = 20;

/** One whole reading of a workload. Throws `TargetGone`, `PermissionDenied`, `Unreachable`, `Misconfigured`. */
export async function readTarget(target: Target, asked: Asked): Promise<Reading<WorkloadDetails>> {
  const gathered = await gather(asked);
  const { settings, context, notebook } = asked;
  const sorted = byFullness(readings(target, gathered, context.now()), gathered.nodes);
  const close = await closeUp(asked, sorted, gathered.container);
  const workload = workloadReading(gathered.workload, settings, gathered.configMaps);
  const pods = withConnections(close.pods, gathered).slice(0, mostPods);
  const details: WorkloadDetails = {
    workload,
    pods,
    history: close.history,
    sessionHistory: close.sessionHistory,
    autoscaling: gathered.autoscaling,
    nodes: gathered.nodes,
    oomKills: oomKills(sorted, gathered.events, context.since).slice(-20),
    nodeKills: nodeKills(gathered.events, gathered.pods).slice(-5),
    ...(gathered.sessions && { sessions: gathered.sessions.reading }),
    ...(gathered.mongo && { mongo: gathered.mongo.reading }),
    logLines: close.logLines,
    lately: gathered.lately,
    ...(gathered.quota && { quota: gathered.quota }),
    ...(gathered.limitRange && { limitRange: gathered.limitRange }),
    ...(close.probe && { probe: close.probe }),
    cluster: { version: gathered.version, canResize: canResize(gathered.version) },
    missingRights: missingRights(notebook.evidence),
  };
  noteWorkload(notebook, details);
  return judged(settings, details, notebook.evidence);
}

function judged(
  settings: WorkloadSettings,
  details: WorkloadDetails,
  evidence: Reading<WorkloadDetails>['evidence'],
): Reading<WorkloadDetails> {
  const { workload, pods, nodes } = details;
  const measure = worstOf(pods, nodes);
  const gap = evidence.find((one) => 'gap' in one && one.name === 'pods.workingSet');
  return {
    identity: {
      uid: workload.uid,
      name: settings.name,
      ...latestStart(pods),
    },
    ...(measure && { measure }),
    ...(!measure && { blind: blindness(details, gap && 'gap' in gap ? gap.gap : undefined) }),
    ...healthOf(workload.replicas, pods),
    kills: killsOf(pods),
    evidence,
    details,
    goingOn: goingOn(details),
  };
}

function blindness({ pods, workload }: WorkloadDetails, gap: string | undefined): string {
  if (gap !== undefined) return `the memory of its pods could not be read: ${gap}`;
  if (workload.replicas === 0) return 'it is scaled to 0';
  if (pods.length === 0) return 'it has no pods';
  return 'the metrics API has no fresh figure of any of its pods';
}

/** What a restart would cut into. */
function goingOn({ workload, pods }: WorkloadDetails): readonly string[] {
  const busy = pods.flatMap(({ name, app }) =>
    Object.entries(app)
      .filter(([metric, value]) => /in_?flight/.test(metric) && !/max|limit|total$/.test(metric) && value > 0)
      .map(([, value]) => `${value} requests are being answered by ${name}`),
  );
  return [
    ...(workload.rollout === undefined ? [] : [`a rollout is under way: ${workload.rollout}`]),
    ...busy,
  ];
}

function readings(target: Target, gathered: Gathered, now: Date): readonly PodReading[] {
  const used = workingSets(gathered.metrics ?? [], gathered.container, now);
  return gathered.pods
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .map((pod) => podReading(pod, gathered.container, target.key, used.get(pod.metadata?.name ?? '')));
}

/** Connections are the pod's own where the server saw them come from its address. */
function withConnections(pods: readonly PodReading[], { sessions, mongo }: Gathered): readonly PodReading[] {
  return pods.map((pod) => {
    const redisConnections =
      pod.ip === undefined ? undefined : sessions && (sessions.connections.get(pod.ip) ?? 0);
    const mongoConnections = pod.ip === undefined ? undefined : mongo?.connections.get(pod.ip);
    return {
      ...pod,
      ...(redisConnections !== undefined && { redisConnections }),
      ...(mongoConnections !== undefined && { mongoConnections }),
    };
  });
}

/** `pods/resize` is there from 1.33 on. */
function canResize(version: string): boolean {
  const match = /^v(\d+)\.(\d+)/.exec(version);
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 33);
}

/** What could not be read for want of a right, in words. */
function missingRights(evidence: Reading<WorkloadDetails>['evidence']): readonly string[] {
  return evidence.flatMap((one) =>
    'gap' in one && /answered 403|not allowed/.test(one.gap)
      ? [`${one.source}: ${one.gap.slice(0, 200)}`]
      : [],
  );
}
