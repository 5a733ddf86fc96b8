import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { Notebook } from '../notebook.js';
import { warningWords } from './events.js';
import type { Gathered } from './gather.js';
import { runningIn, statusOf } from './pods.js';
import { quantityOf } from './quantity.js';

/** Earlier ones are seldom what began it; settings are told all. */
const mostRollouts = 5;

/** Flat evidence of a look, for people and reports: what the source's diagnosis names, by its command. */
export function noteWorkload(notebook: Notebook, details: WorkloadDetails): void {
  const { workload, autoscaling, sessions, mongo, nodes, lately } = details;
  const get = `kubectl get ${workload.kind.toLowerCase()}`;
  notebook.saw(get, 'workload.replicas', workload.replicas, 'count');
  notebook.saw(get, 'workload.ready', workload.readyReplicas, 'count');
  notebook.saw(
    get,
    'workload.limit',
    workload.templateLimitBytes ?? 'none',
    bytesIf(workload.templateLimitBytes),
  );
  notebook.saw(
    get,
    'workload.request',
    workload.templateRequestBytes ?? 'none',
    bytesIf(workload.templateRequestBytes),
  );
  notebook.saw('kubectl rollout status', 'workload.rollout', workload.rollout ?? 'none under way');
  for (const { name, value, from } of workload.env) notebook.saw(get, `env.${name}`, value ?? `(${from})`);
  for (const node of nodes) {
    notebook.saw('kubectl top node', 'node.used', node.usedBytes, 'bytes', node.name);
    notebook.saw('kubectl describe node', 'node.allocatable', node.allocatableBytes, 'bytes', node.name);
    if (node.memoryPressure)
      notebook.saw('kubectl describe node', 'node.memoryPressure', true, undefined, node.name);
  }
  const { hpa, vpa, budget } = autoscaling;
  if (hpa)
    notebook.saw(
      'kubectl get hpa',
      'hpa',
      `${hpa.name}: ${hpa.min} to ${hpa.max}, ${hpa.current} now, by ${hpa.metrics.join(', ')}${hpa.note === undefined ? '' : ` (${hpa.note})`}`,
    );
  if (vpa) notebook.saw('kubectl get vpa', 'vpa', `${vpa.name}: ${vpa.mode}`);
  if (budget)
    notebook.saw(
      'kubectl get pdb',
      'budget.disruptionsAllowed',
      budget.disruptionsAllowed,
      'count',
      budget.name,
    );
  noteServers(notebook, sessions, mongo);
  const rollouts = lately.filter(({ kind }) => kind === 'rollout').slice(-mostRollouts);
  for (const { at, what } of lately.filter((one) => one.kind === 'config' || rollouts.includes(one)))
    notebook.saw('kubectl rollout history', 'lately', `${at} ${what}`);
  notebook.saw(
    'lastState, events',
    'oomKills.recent',
    details.oomKills.filter(({ recent }) => recent).length,
    'count',
  );
  for (const words of details.nodeKills) notebook.saw('kubectl get events', 'nodeKills', words);
  const { quota, limitRange } = details;
  notebook.saw('kubectl get resourcequota', 'quota.limitsLeft', quota?.limitsLeft, 'bytes');
  notebook.saw('kubectl get resourcequota', 'quota.requestsLeft', quota?.requestsLeft, 'bytes');
  notebook.saw('kubectl get limitrange', 'limitRange.max', limitRange?.max, 'bytes');
  notebook.saw('probe', 'probe.latency', details.probe?.latencyMs, 'milliseconds');
  notebook.saw('probe', 'probe.answer', details.probe?.note);
}

function bytesIf(value: number | undefined): 'bytes' | undefined {
  return value === undefined ? undefined : 'bytes';
}

/** The fullest pods' figures, and which have none and why. */
export function notePods(notebook: Notebook, pods: readonly PodReading[]): void {
  for (const pod of pods.slice(0, 5)) notePod(notebook, pod);
  for (const pod of pods.filter(({ workingSetBytes }) => workingSetBytes === undefined).slice(0, 5))
    notebook.gap(
      'kubectl top pods',
      'pod.workingSet',
      pod.startedAt === undefined
        ? `it does not run (${pod.waiting ?? pod.phase}), and was not seen lately`
        : `no fresh figure of this life, which began at ${pod.startedAt}`,
      pod.name,
    );
}

function notePod(notebook: Notebook, pod: PodReading): void {
  const { name } = pod;
  const from = pod.workingSetFrom ?? 'kubectl top pods';
  notebook.saw(from, 'pod.workingSet', pod.workingSetBytes, 'bytes', name);
  notebook.saw('Prometheus', 'pod.usage', pod.usageBytes, 'bytes', name);
  notebook.saw('kubectl get pods', 'pod.limit', pod.limitBytes, 'bytes', name);
  if (pod.limitOf === 'pod')
    notebook.saw('kubectl get pods', 'pod.limitOf', 'the pod as a whole', undefined, name);
  notebook.saw('kubectl get pods', 'pod.restarts', pod.restarts, 'count', name);
  if (pod.lastEnd)
    notebook.saw(
      'lastState',
      'pod.lastEnd',
      `${pod.lastEnd.reason} (${pod.lastEnd.exitCode})`,
      undefined,
      name,
    );
  notebook.saw('kubectl get pods', 'pod.waiting', pod.waiting, undefined, name);
  notebook.saw(pod.process?.source ?? 'exec', 'process.rss', pod.process?.rssBytes, 'bytes', name);
  notebook.saw(pod.process?.source ?? 'exec', 'process.vms', pod.process?.vmsBytes, 'bytes', name);
  notebook.saw(pod.process?.source ?? 'exec', 'process.shared', pod.process?.sharedBytes, 'bytes', name);
  const { kernel } = pod;
  notebook.saw(kernel?.source ?? 'exec', 'memory.processes', kernel?.anonBytes, 'bytes', name);
  notebook.saw(
    kernel?.source ?? 'exec',
    kernel?.withShared === true ? 'memory.filesAndShared' : 'memory.files',
    kernel?.fileBytes,
    'bytes',
    name,
  );
  notebook.saw(kernel?.source ?? 'exec', 'processes', kernel?.processes, 'count', name);
  for (const [port, count] of Object.entries(pod.process?.sockets ?? {}))
    notebook.saw('exec: /proc/net/tcp', `sockets.${port}`, count, 'count', name);
  notebook.saw('CLIENT LIST', 'redis.connections', pod.redisConnections, 'count', name);
  notebook.saw('mongodb', 'mongo.connections', pod.mongoConnections, 'count', name);
  // The collector's own figures are among what the source asks for: they don't fall behind the twentieth.
  const figures = Object.entries(pod.app).toSorted(([a], [b]) => Number(isOfGc(b)) - Number(isOfGc(a)));
  for (const [metric, value] of figures.slice(0, 20))
    notebook.saw(
      'GET metrics',
      `app.${metric}`,
      value,
      metric.endsWith('_bytes') ? 'bytes' : undefined,
      name,
    );
}

/** What is beside the container that is meant: warnings about its pods, and their other containers. */
export function noteOthers(
  notebook: Notebook,
  { own, events, container }: Pick<Gathered, 'own' | 'events' | 'container'>,
  pods: readonly PodReading[],
): void {
  const names = new Set(pods.map(({ name }) => name));
  for (const { pod, words } of warningWords(events, names, 5))
    notebook.saw('kubectl get events', 'warning', words, undefined, pod);
  for (const { name, limitOf } of pods.slice(0, 3)) {
    const figures = own.metrics.find(({ metadata }) => metadata?.name === name)?.containers ?? [];
    const pod = own.all.find(({ metadata }) => metadata?.name === name);
    const others = runningIn(pod?.spec)
      .filter((one) => one.name !== container)
      .slice(0, 4);
    if (limitOf === 'pod' && others.length > 0)
      notebook.gap(
        'kubectl get pods',
        'container.limit',
        `it has no limit of its own, and shares the pod’s with ${others.map((one) => one.name).join(', ')}: what it may have depends on what they use`,
        name,
      );
    for (const { name: other, resources } of others) {
      const subject = `${name}/${other}`;
      const used = quantityOf(figures.find((one) => one.name === other)?.usage?.memory);
      notebook.saw('kubectl top pods --containers', 'container.workingSet', used, 'bytes', subject);
      const limit = quantityOf(resources?.limits?.memory);
      notebook.saw('kubectl get pods', 'container.limit', limit ?? 'none', bytesIf(limit), subject);
      const end = pod && statusOf(pod, other)?.lastState?.terminated;
      if (end)
        notebook.saw('lastState', 'container.lastEnd', `${end.reason} (${end.exitCode})`, undefined, subject);
    }
  }
}

function noteServers(
  notebook: Notebook,
  sessions: WorkloadDetails['sessions'],
  mongo: WorkloadDetails['mongo'],
): void {
  if (sessions) {
    notebook.saw('SCAN', 'sessions.count', sessions.keys, 'count');
    notebook.saw('MEMORY USAGE', 'sessions.bytes', sessions.bytes, 'bytes');
    notebook.saw('TTL', 'sessions.withoutLife', sessions.withoutTtl, 'count');
    notebook.saw('TTL', 'sessions.lifeQuartiles', sessions.ttlSeconds && [...sessions.ttlSeconds], 'seconds');
    notebook.saw(
      'OBJECT IDLETIME',
      'sessions.idleQuartiles',
      sessions.idleSeconds && [...sessions.idleSeconds],
      'seconds',
    );
    notebook.saw('INFO clients', 'redis.maxClients', sessions.maxClients, 'count');
    notebook.saw('INFO clients', 'redis.connectedClients', sessions.connectedClients, 'count');
    notebook.saw('CONFIG GET', 'redis.maxmemoryPolicy', sessions.maxmemoryPolicy);
    notebook.saw('INFO stats', 'redis.rejectedConnections', sessions.rejectedConnections, 'count');
  }
  if (mongo) {
    notebook.saw('serverStatus', 'mongo.connections', mongo.current, 'count');
    notebook.saw('serverStatus', 'mongo.available', mongo.available, 'count');
    notebook.saw('serverStatus', 'mongo.openCursors', mongo.openCursors, 'count');
  }
}

function isOfGc(metric: string): boolean {
  return /(?:^|_)gc_(?:collections|objects_collected|objects_uncollectable)_total$/.test(metric);
}
