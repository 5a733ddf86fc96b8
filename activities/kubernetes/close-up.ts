import type { PodReading, WorkloadDetails } from '../../model/kubernetes/details.js';
import { parseAppMetrics } from '../service/app-metrics.js';
import { asExpected, briefly, callPod, type PodCaller } from './app.js';
import { type Asked, sourceLimit } from './gather.js';
import { readHistory } from './history.js';
import { inspectProcess } from './inspect.js';
import { memoryLines } from './logs.js';
import { paths } from './paths.js';

/** The fullest pods are looked at closely, the others only counted: a large workload has hundreds. */
const mostPods = 3;
const logTail = 500;

type CloseUp = Pick<WorkloadDetails, 'history' | 'sessionHistory' | 'logLines' | 'probe'> & {
  readonly pods: readonly PodReading[];
};

/** What is read of the fullest pods themselves: history, logs, the app's own figures, the live process, the probe. */
export async function closeUp(
  asked: Asked,
  pods: readonly PodReading[],
  container: string,
): Promise<CloseUp> {
  const { settings, notebook, context } = asked;
  const close = pods.slice(0, mostPods);
  const { prometheus } = settings;
  const token = prometheus?.bearerSecret === undefined ? undefined : asked.secret(prometheus.bearerSecret);
  const [history, lines, figures, processes, probe] = await Promise.all([
    prometheus &&
      close.length > 0 &&
      notebook.read('Prometheus', 'pods.history', sourceLimit, (signal) =>
        readHistory(settings, {
          container,
          pods: close.map(({ name }) => name),
          now: context.now(),
          signal,
          ...(token !== undefined && { token }),
        }),
      ),
    Promise.all(close.map((pod) => logsOf(asked, pod, container))),
    Promise.all(close.map((pod) => appFigures(asked, pod))),
    Promise.all(close.map((pod) => processOf(asked, pod, container))),
    probed(asked, pods),
  ]);
  return {
    history: history ? history.history : [],
    sessionHistory: history ? history.sessionHistory : [],
    logLines: lines.flat().toSorted().slice(-40),
    ...(probe && { probe }),
    pods: pods.map((pod, index) => ({
      ...pod,
      app: figures[index] ?? pod.app,
      ...(processes[index] && { process: processes[index] }),
    })),
  };
}

/** Of this life, and of the killed one before it. */
async function logsOf(
  { settings, cluster, notebook }: Asked,
  pod: PodReading,
  container: string,
): Promise<readonly string[]> {
  const read = (previous: boolean) =>
    notebook.read(previous ? 'kubectl logs --previous' : 'kubectl logs', 'pod.log', sourceLimit, (signal) =>
      cluster.text(paths.log(settings.namespace, pod.name, { container, previous, tail: logTail }), {
        signal,
        timeoutMs: sourceLimit,
      }),
    );
  const lives = await Promise.all([
    ...(pod.restarts > 0 ? [read(true)] : []),
    ...(pod.startedAt !== undefined ? [read(false)] : []),
  ]);
  return lives.flatMap((text) => memoryLines(text ?? '')).map((line) => `${line}`);
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
  return asked.notebook.read(`GET ${metrics.path}`, 'app.metrics', sourceLimit, async (signal) => {
    const answer = await callPod(caller(asked, signal), pod, metrics);
    if (!asExpected(metrics, answer)) throw new Error(`it answered ${briefly(answer)}`);
    return parseAppMetrics(answer.text);
  });
}

/** By exec where that is allowed; otherwise as the app says of itself. */
async function processOf(asked: Asked, pod: PodReading, container: string): Promise<PodReading['process']> {
  const { settings, notebook, cluster } = asked;
  if (!settings.inspect) {
    notebook.gap(
      'kubectl exec',
      'process.rss',
      'not allowed here: it needs inspect: true and the inspect role',
      pod.name,
    );
    return undefined;
  }
  if (pod.startedAt === undefined) return undefined;
  return notebook.read('kubectl exec', 'process.rss', sourceLimit, (signal) =>
    inspectProcess(cluster, settings.namespace, pod.name, container, signal),
  );
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
