import { setTimeout as sleep } from 'node:timers/promises';
import { bytes, percent } from '../../model/format.js';
import { CliError, exitCodes } from '../cli/exit-codes.js';
import type { Io } from '../cli/terminal/io.js';
import { type Kubectl, kubectlOn } from './kubectl.js';
import { removeFolders } from './leftovers.js';
import { demoNamespace, faults, manifests, removeNamespaces, workloadLimitBytes } from './manifests.js';
import { startPrometheus } from './prometheus.js';
import type { StageHands, Subject, Use } from './subject.js';
import { workloadConfigText } from './workload-config.js';

const name = 'agent-bruno';
const readyMs = 90_000;

/** The stand-in for agent-bruno as a Deployment of two pods, one of which leaks. */
export async function workloadSubject({ io, step, atEnd, id, folder }: StageHands): Promise<Subject> {
  const { program, kubeconfig, image, prometheus } = needed(io);
  const kubectl = kubectlOn({ program, kubeconfig });
  await removeFolders(step);
  await removeNamespaces(kubectl, step);
  const namespace = demoNamespace(id);
  atEnd(async () => {
    await kubectl(['delete', 'namespace', namespace, '--ignore-not-found', '--wait=false']);
  });
  await kubectl(['apply', '-f', '-'], manifests({ namespace, name, image }));
  const nodes = (await kubectl(['get', 'nodes', '-o', 'name'])).trim().split('\n');
  const prometheusUrl = await startPrometheus({
    program: prometheus,
    kubectl: program,
    kubeconfig,
    nodes: nodes.map((name) => name.replace('node/', '')),
    namespace,
    folder,
    atEnd,
    signal: io.signal,
  });
  const begun = untilReady(kubectl, namespace, io.signal).then(() => leak(kubectl, namespace));
  // It is waited for below; a failure before that is told there.
  begun.catch(() => undefined);
  return {
    targetKey: `kubernetes/demo/${namespace}/deployment/${name}`,
    told: `agent-bruno runs as a Deployment of two pods in namespace ${namespace}, each with a limit of ${bytes(workloadLimitBytes)}; one of them leaks.`,
    lookAt: `kubectl --kubeconfig ${kubeconfig} -n ${namespace} get pods`,
    logCommand: `kubectl --kubeconfig ${kubeconfig} -n ${namespace} logs deployment/${name}`,
    unattendedMs: 300_000,
    untilReady: () => begun,
    memory: () => fullest(kubectl, namespace),
    configText: (around) => workloadConfigText({ kubeconfig, namespace, name, prometheusUrl, ...around }),
    alert: (use) => ({
      labels: { alertname: 'AgentBrunoMemoryExhausted', namespace, severity: 'critical', component: name },
      summary: `a pod of ${name} uses ${bytes(use.used)}, ${percent(use.percent)} of its limit`,
    }),
  };
}

interface Needed {
  /** kubectl. */
  readonly program: string;
  readonly kubeconfig: string;
  readonly image: string;
  readonly prometheus: string;
}

function needed({ env }: Io): Needed {
  const program = env.NIGHTSHIFT_KUBECTL;
  const kubeconfig = env.NIGHTSHIFT_KUBECONFIG;
  const image = env.NIGHTSHIFT_BRUNO_IMAGE;
  const prometheus = env.NIGHTSHIFT_PROMETHEUS;
  if (program && kubeconfig && image && prometheus) return { program, kubeconfig, image, prometheus };
  throw new CliError(
    exitCodes.usage,
    'the demo needs a cluster, kubectl, the image of agent-bruno and Prometheus: NIGHTSHIFT_KUBECONFIG, NIGHTSHIFT_KUBECTL, NIGHTSHIFT_BRUNO_IMAGE and NIGHTSHIFT_PROMETHEUS name them',
    'Run it with `npm run demo -- --kubernetes`, which starts a cluster and makes the image.',
  );
}

async function untilReady(kubectl: Kubectl, namespace: string, signal: AbortSignal): Promise<void> {
  for (const end = Date.now() + readyMs; ; ) {
    signal.throwIfAborted();
    const answer = await kubectl(['-n', namespace, 'get', 'deployment', name, '-o', 'json']);
    const { spec, status } = JSON.parse(answer) as {
      spec: { replicas: number };
      status: { readyReplicas?: number };
    };
    if (status.readyReplicas === spec.replicas) return;
    if (Date.now() > end)
      throw new CliError(
        exitCodes.failed,
        `the pods in ${namespace} don't become ready`,
        `Look at them: kubectl -n ${namespace} describe pods`,
      );
    await sleep(500, undefined, { signal });
  }
}

/** In the live process of one pod, so that a pod in its place doesn't leak. */
async function leak(kubectl: Kubectl, namespace: string): Promise<void> {
  const pods = await kubectl(['-n', namespace, 'get', 'pods', '-o', 'name']);
  const [pod = ''] = pods.split('\n').map((line) => line.replace('pod/', ''));
  for (const fault of faults) {
    const call = `import urllib.request as u; u.urlopen('http://127.0.0.1:8080/admin/faults', b'${JSON.stringify(fault)}')`;
    await kubectl(['-n', namespace, 'exec', pod, '--', 'python3', '-c', call]);
  }
}

/** The fullest pod, as `kubectl top pods` has it: some ten seconds old. Nothing yet is no use at all. */
async function fullest(kubectl: Kubectl, namespace: string): Promise<Use> {
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${namespace}/pods`;
  const { items } = JSON.parse(await kubectl(['get', '--raw', path])) as {
    items: { containers: { usage: { memory: string } }[] }[];
  };
  const used = Math.max(0, ...items.map(({ containers }) => bytesOf(containers[0]?.usage.memory ?? '0')));
  return { used, limit: workloadLimitBytes, percent: (used / workloadLimitBytes) * 100 };
}

/** Quantities as the metrics API writes them: `118784Ki`, `121634816`. */
function bytesOf(quantity: string): number {
  const [, digits = '0', unit = ''] = /^(\d+)(Ki|Mi|Gi)?$/.exec(quantity) ?? [];
  return Number(digits) * 1024 ** ['', 'Ki', 'Mi', 'Gi'].indexOf(unit);
}
