import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import type { Notebook } from '../notebook.js';

/** Flat evidence of a look, for people and reports: what the source's diagnosis names, by its command. */
export function noteWorkload(notebook: Notebook, details: WorkloadDetails): void {
  const { workload, pods, autoscaling, sessions, mongo, nodes, lately } = details;
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
  for (const pod of pods.slice(0, 5)) notePod(notebook, pod);
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
      `${hpa.name}: ${hpa.min} to ${hpa.max}, ${hpa.current} now, by ${hpa.metrics.join(', ')}`,
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
  for (const { at, what } of lately.slice(-5))
    notebook.saw('kubectl rollout history', 'lately', `${at} ${what}`);
  notebook.saw(
    'lastState, events',
    'oomKills.recent',
    details.oomKills.filter(({ recent }) => recent).length,
    'count',
  );
  notebook.saw('probe', 'probe.latency', details.probe?.latencyMs, 'milliseconds');
  notebook.saw('probe', 'probe.answer', details.probe?.note);
}

function bytesIf(value: number | undefined): 'bytes' | undefined {
  return value === undefined ? undefined : 'bytes';
}

function notePod(notebook: Notebook, pod: PodReading): void {
  const { name } = pod;
  notebook.saw('kubectl top pods', 'pod.workingSet', pod.workingSetBytes, 'bytes', name);
  notebook.saw('kubectl get pods', 'pod.limit', pod.limitBytes, 'bytes', name);
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
  notebook.saw('CLIENT LIST', 'redis.connections', pod.redisConnections, 'count', name);
  notebook.saw('mongodb', 'mongo.connections', pod.mongoConnections, 'count', name);
  for (const [metric, value] of Object.entries(pod.app).slice(0, 20))
    notebook.saw(
      'GET metrics',
      `app.${metric}`,
      value,
      metric.endsWith('_bytes') ? 'bytes' : undefined,
      name,
    );
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
    notebook.saw('INFO clients', 'redis.connectedClients', sessions.connectedClients, 'count');
    notebook.saw('CONFIG GET', 'redis.maxmemoryPolicy', sessions.maxmemoryPolicy);
    notebook.saw('INFO stats', 'redis.rejectedConnections', sessions.rejectedConnections, 'count');
  }
  if (mongo) {
    notebook.saw('serverStatus', 'mongo.connections', mongo.current, 'count');
    notebook.saw('serverStatus', 'mongo.openCursors', mongo.openCursors, 'count');
  }
}
