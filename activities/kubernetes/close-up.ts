import { bytes } from '../../model/format.js';
import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import { parseAppMetrics } from '../service/app-metrics.js';
import { asExpected, briefly, callPod, type PodCaller } from './app.js';
import { type Asked, sourceLimit } from './asked.js';
import { type History, readHistory } from './history.js';
import { type Inspected, inspectProcess } from './inspect.js';
import { memoryLines, oneLog, withPod } from './logs.js';
import { paths } from './paths.js';

/** The fullest pods are looked at closely, the others only counted: a large workload has hundreds. */
const mostPods = 3;
const logTail = 500;
/** Of so many lines, bytes. Lines are seldom as long as this is for each; those that are, are not read to the end. */
const logBytes = 4 * 1024 ** 2;

export interface CloseUp
  extends Pick<
    WorkloadDetails,
    'history' | 'sessionHistory' | 'appHistory' | 'goneHistory' | 'logLines' | 'probe'
  > {
  /** All of them, the fullest first. */
  readonly pods: readonly PodReading[];
}

/**
 * What is read of the fullest pods themselves: history, logs, the app's own figures, the live process, the probe.
 * `alone`: the pods have no other container.
 */
export async function closeUp(
  asked: Asked,
  pods: readonly PodReading[],
  container: string,
  alone: boolean,
): Promise<CloseUp> {
  const close = pods.slice(0, mostPods);
  const told = Promise.all(close.map((pod) => appFigures(asked, pod)));
  const [history, lines, figures, processes, probe] = await Promise.all([
    historyOf(asked, close, pods, container, alone),
    Promise.all(close.map((pod) => logsOf(asked, pod, container))),
    told,
    Promise.all(close.map((pod) => processOf(asked, pod, container))),
    // Not before the app has told its figures: it would count our own question among the requests in flight.
    told.then(() => probed(asked, pods)),
  ]);
  return {
    history: history?.history ?? [],
    sessionHistory: history?.sessionHistory ?? [],
    ...(history?.appHistory && { appHistory: history.appHistory }),
    ...(history?.goneHistory && { goneHistory: history.goneHistory }),
    logLines: oneLog(
      lines.flatMap(({ last }) => last),
      lines.flatMap(({ present }) => present),
    ),
    ...(probe && { probe }),
    pods: pods.map((pod, index) => {
      const app = figures[index] ?? pod.app;
      const looked = processes[index];
      const process = looked?.process ?? asItSays(app, asked);
      // From inside it is of this moment; Prometheus's may be a scrape old.
      const kernel = [looked?.kernel, history?.kernel.get(pod.name)].find((one) => isOf(pod, one));
      const usage = history?.usage.get(pod.name)?.bytes;
      return {
        ...pod,
        app,
        ...(process && { process }),
        ...(kernel && { kernel }),
        ...(usage !== undefined && { usageBytes: usage }),
      };
    }),
  };
}

async function historyOf(
  asked: Asked,
  close: readonly PodReading[],
  all: readonly PodReading[],
  container: string,
  alone: boolean,
): Promise<History | undefined> {
  const { settings, notebook, context } = asked;
  const { prometheus: at } = settings;
  if (close.length === 0) return undefined;
  if (at === undefined) {
    notebook.gap('Prometheus', 'pods.history', 'no Prometheus is configured (prometheus:)');
    return undefined;
  }
  const history = await notebook.read('Prometheus', 'pods.history', sourceLimit, (signal) => {
    const token = at.bearerSecret === undefined ? undefined : asked.secret(at.bearerSecret).trim();
    return readHistory({
      prometheus: { url: at.url, ...(token !== undefined && { token }) },
      settings,
      container,
      alone,
      pods: close.map(({ name }) => name),
      present: all.map(({ name }) => name),
      now: context.now(),
      signal,
    });
  });
  if (history === undefined) return undefined;
  if (history.history.length === 0)
    notebook.gap(
      'Prometheus',
      'pods.history',
      'it has no readings of these pods: it has to scrape the kubelet’s /metrics/cadvisor',
    );
  if (settings.sessions !== undefined && history.sessionHistory.length === 0)
    notebook.gap('Prometheus', 'sessions.history', 'it has no readings of bruno_active_sessions');
  if (settings.metrics !== undefined && Object.keys(history.appHistory?.values ?? {}).length === 0)
    notebook.gap(
      'Prometheus',
      'app.history',
      'it has none of the app’s own figures of this pod: it has to scrape it with the labels namespace and pod',
    );
  for (const odd of history.odd) notebook.saw('Prometheus', 'pods.history.odd', odd);
  return history;
}

/** Of this life, and of the killed one before it. */
async function logsOf(
  { settings, cluster, notebook }: Asked,
  pod: PodReading,
  container: string,
): Promise<{ readonly last: readonly string[]; readonly present: readonly string[] }> {
  const read = async (previous: boolean): Promise<readonly string[]> => {
    const source = previous ? 'kubectl logs --previous' : 'kubectl logs';
    const options = { container, previous, tail: logTail, bytes: logBytes };
    const text = await notebook.read(
      source,
      'pod.log',
      sourceLimit,
      (signal) =>
        cluster.text(paths.log(settings.namespace, pod.name, options), {
          signal,
          timeoutMs: sourceLimit,
        }),
      pod.name,
    );
    if (Buffer.byteLength(text ?? '') >= logBytes)
      notebook.gap(
        source,
        'pod.log',
        `its last ${logTail} lines are longer than ${bytes(logBytes)}: the newest were not read`,
        pod.name,
      );
    return memoryLines(text ?? '').map((line) => withPod(line, pod.name));
  };
  // In a back-off its last end is its present state: then its log is the present one.
  const ended = pod.startedAt === undefined && pod.lastEnd !== undefined;
  const [last, present] = await Promise.all([
    pod.restarts > 0 ? read(true) : [],
    pod.startedAt !== undefined || (ended && pod.restarts === 0) ? read(false) : [],
  ]);
  return { last, present };
}

function caller({ cluster, settings, secret }: Asked, signal: AbortSignal): PodCaller {
  return { cluster, namespace: settings.namespace, signal, secret };
}

async function appFigures(
  asked: Asked,
  pod: PodReading,
): Promise<Readonly<Record<string, number>> | undefined> {
  const { metrics } = asked.settings;
  if (metrics === undefined || pod.startedAt === undefined) return undefined;
  return asked.notebook.read(
    `GET ${metrics.path}`,
    'app.metrics',
    sourceLimit,
    async (signal) => {
      const answer = await callPod(caller(asked, signal), pod, metrics);
      if (!asExpected(metrics, answer)) throw new Error(`it answered ${briefly(answer)}`);
      return parseAppMetrics(answer.text);
    },
    pod.name,
  );
}

/** By exec, where that is allowed. */
async function processOf(asked: Asked, pod: PodReading, container: string): Promise<Inspected | undefined> {
  const { settings, notebook, cluster } = asked;
  if (!settings.inspect) {
    const gap = 'not allowed here: it needs inspect: true and the inspect role';
    notebook.gap('kubectl exec', 'process.rss', gap, pod.name);
    return undefined;
  }
  if (pod.startedAt === undefined) return undefined;
  const { namespace } = settings;
  return notebook.read(
    'kubectl exec',
    'process.rss',
    sourceLimit,
    (signal) => inspectProcess(cluster, namespace, pod.name, container, signal),
    pod.name,
  );
}

/** Where nobody may look into the pod, the app may say it of itself. */
function asItSays(
  app: Readonly<Record<string, number>>,
  { settings }: Asked,
): PodReading['process'] | undefined {
  const rssBytes = app.process_resident_memory_bytes;
  if (rssBytes === undefined) return undefined;
  const vmsBytes = app.process_virtual_memory_bytes;
  const sharedBytes = app.process_shared_memory_bytes;
  return {
    rssBytes,
    ...(vmsBytes !== undefined && { vmsBytes }),
    ...(sharedBytes !== undefined && { sharedBytes }),
    source: `GET ${settings.metrics?.path}`,
  };
}

/** On one ready pod, or where none is ready on the first: the app as its users meet it. */
async function probed(asked: Asked, pods: readonly PodReading[]): Promise<WorkloadDetails['probe']> {
  const { probe } = asked.settings;
  const pod = pods.find(({ ready, deleting }) => ready && !deleting) ?? pods[0];
  if (probe === undefined || pod === undefined) return undefined;
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  const answer = await asked.notebook.read(`${probe.method} ${probe.path}`, 'probe', sourceLimit, (signal) =>
    callPod(caller(asked, signal), pod, probe),
  );
  if (answer === undefined) return { ok: false, latencyMs: took(), note: `${pod.name} gave no answer` };
  return {
    ok: asExpected(probe, answer),
    status: answer.status,
    latencyMs: took(),
    note: `${pod.name} answered ${briefly(answer)} in ${took()} ms`,
  };
}

/** A container that sees the cgroup of its node instead of its own tells of the whole node. */
function isOf({ workingSetBytes }: PodReading, kernel: PodReading['kernel']): boolean {
  const told = kernel === undefined ? 0 : kernel.anonBytes + kernel.fileBytes;
  return kernel !== undefined && told <= (workingSetBytes ?? told) * 1.5 + 64 * 1024 ** 2;
}
