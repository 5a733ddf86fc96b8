import { isGap } from '../../model/evidence.js';
import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { Reading } from '../adapter.js';
import type { Asked } from './asked.js';
import { withConnections } from './connections.js';
import { fitted } from './fit.js';
import { type Gathered, gather } from './gather.js';
import { goingOn } from './going-on.js';
import { nodeKills, oomKills } from './kills.js';
import { blindness, healthOf, killsOf, latestStart, worstOf } from './measure.js';
import { noteOthers, notePods, noteWorkload } from './note.js';
import { limitBounds, quotaLeft } from './room.js';
import { environmentMaps, isAlone, templateOf, workloadReading } from './workload.js';

/** Pods beyond these are not kept in the look: the fullest are what it is about. */
const mostPods = 20;
/** Of why something could not be read, characters. */
const longestReason = 300;

/** One whole reading of a workload. Throws `TargetGone`, `PermissionDenied`, `Unreachable`, `Misconfigured`. */
export async function readTarget(asked: Asked): Promise<Reading<WorkloadDetails>> {
  const gathered = await gather(asked);
  const { notebook, settings } = asked;
  const pods = withConnections(gathered.close.pods, gathered, settings, notebook);
  const details = detailsOf(asked, gathered, pods);
  noteWorkload(notebook, details);
  notePods(notebook, pods);
  noteOthers(notebook, gathered, pods);
  return fitted(judged(asked, details, pods));
}

function detailsOf(
  { context, settings, notebook }: Asked,
  gathered: Gathered,
  pods: readonly PodReading[],
): WorkloadDetails {
  const { close, events, nodeEvents, own, quotas, limitRanges, sessions, mongo } = gathered;
  const pod = templateOf(gathered.workload).spec;
  const kept = pods.slice(0, mostPods);
  const { since } = context;
  const meant = { container: gathered.container, alone: isAlone(gathered.workload), since };
  return {
    workload: workloadReading(gathered.workload, settings, gathered.configMaps, gathered.lately),
    pods: kept,
    history: close.history,
    sessionHistory: close.sessionHistory,
    ...(close.appHistory && { appHistory: close.appHistory }),
    ...(close.goneHistory && { goneHistory: close.goneHistory }),
    autoscaling: gathered.autoscaling,
    nodes: gathered.nodes.filter(({ name }) => kept.some(({ node }) => node === name)),
    oomKills: oomKills(pods, events, nodeEvents, meant).slice(-20),
    nodeKills: nodeKills(own.all, pods, events, nodeEvents, since).slice(-5),
    ...(sessions && { sessions: sessions.reading }),
    ...(mongo && { mongo: mongo.reading }),
    logLines: close.logLines,
    lately: gathered.lately,
    ...(quotas && { quota: quotaLeft(quotas, pod) }),
    ...(limitRanges && { limitRange: limitBounds(limitRanges, pod, gathered.container) }),
    ...unreadOf(notebook.evidence, environmentMaps(gathered.workload, settings)),
    ...(close.probe && { probe: close.probe }),
    cluster: { version: gathered.version, canResize: canResize(gathered.version) },
    missingRights: missingRights(notebook.evidence),
  };
}

function judged(
  { settings, notebook: { evidence } }: Asked,
  details: WorkloadDetails,
  pods: readonly PodReading[],
): Reading<WorkloadDetails> {
  const { workload, nodes } = details;
  const measure = worstOf(pods, nodes);
  const gap = evidence.find((one) => 'gap' in one && one.name === 'pods.workingSet');
  const why = {
    hasPrometheus: settings.prometheus !== undefined,
    ...(gap && 'gap' in gap && { gap: gap.gap }),
    ...(workload.rollout !== undefined && { rollout: workload.rollout }),
  };
  return {
    identity: {
      uid: workload.uid,
      name: settings.name,
      ...latestStart(pods),
    },
    ...(measure ? { measure } : { blind: blindness(workload.replicas, pods, why) }),
    ...healthOf(workload.replicas, pods),
    kills: killsOf(pods),
    evidence,
    details,
    goingOn: goingOn(details, pods),
  };
}

/** `pods/resize` is there from 1.33 on. */
function canResize(version: string): boolean {
  const match = /^v(\d+)\.(\d+)/.exec(version);
  return match !== null && (Number(match[1]) > 1 || Number(match[2]) >= 33);
}

/** By the names of the evidence: what forbids changes. */
const bounds = ['hpa', 'vpa', 'budget', 'quota', 'limitRange'] as const;

/**
 * What could not be read of what forbids changes, and why. `maps`: ConfigMaps of which a heap's size may come; one
 * that is not there gives none.
 */
function unreadOf(
  evidence: Reading<WorkloadDetails>['evidence'],
  maps: readonly string[],
): Pick<WorkloadDetails, 'unread'> {
  const gaps = evidence.filter(isGap);
  const map = gaps.find(
    ({ name, subject, gap }) =>
      name === 'configMap' && maps.includes(subject ?? '') && !/answered 404\b/.test(gap),
  );
  const found = [
    ...bounds.flatMap((bound) => {
      const gap = gaps.find(({ name }) => name === bound)?.gap;
      return gap === undefined ? [] : [[bound, gap.slice(0, longestReason)] as const];
    }),
    ...(map === undefined
      ? []
      : [['heapFlags', `ConfigMap ${map.subject}: ${map.gap}`.slice(0, longestReason)] as const]),
  ];
  return found.length === 0 ? {} : { unread: Object.fromEntries(found) };
}

/** What could not be read for want of a right, in words, each once. */
function missingRights(evidence: Reading<WorkloadDetails>['evidence']): readonly string[] {
  const words = evidence.flatMap((one) =>
    'gap' in one && /answered 40[13]\b|not allowed|may not use|NOPERM|not authorized/.test(one.gap)
      ? // The parameters of a call help nobody; what mends it stands at the end.
        [`${one.source}: ${one.gap.replace(/\?\S+/g, '').slice(0, longestReason)}`]
      : [],
  );
  return [...new Set(words)].slice(0, 20);
}
