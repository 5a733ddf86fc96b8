import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { V1Service } from '@kubernetes/client-node';
import type { WorkflowHandle } from '@temporalio/client';
import type { ApiProcess } from '../../client/api/index.js';
import { signalWithStart } from '../../client/incidents/start.js';
import { connectTemporal, type TemporalClient } from '../../client/temporal.js';
import { createToken } from '../../client/tokens/index.js';
import { serveApi } from '../../client/up/api.js';
import { freePort } from '../../client/up/ports.js';
import { temporalSettings } from '../../config/index.js';
import type { Target } from '../../model/target.js';
import type { IncidentView } from '../../model/view.js';
import { createLogger } from '../../worker/logger.js';
import { brunoImage, kubeconfig, redisImage, TestNamespace, until } from './cluster.js';
import { ClusterMonitoring } from './cluster-monitoring.js';
import { aWorkload, brunoWorkload, serviceFor, type WorkloadOptions } from './manifests.js';
import { alertFor } from './nightshift.js';
import { RealNight } from './real-night.js';

/** How often a thing is asked for that is waited for, milliseconds. */
const pollMs = 300;

/** One agent-bruno with its Redis, in a namespace of its own. */
export interface Bruno {
  readonly namespace: TestNamespace;
  readonly target: Target;
  /** `redis://…` as it is reached from this machine. */
  readonly redisUrl: string;
}

export interface Fault {
  readonly kind: 'sessions' | 'connections' | 'leak' | 'cycles' | 'contexts' | 'load';
  /** MiB a second; connections a second. */
  readonly speed: number;
  /** MiB; connections. */
  readonly size: number;
  /** Names of sessions are drawn by it: the same seed opens the same ones again. */
  readonly seed?: number;
}

/** Deploys agent-bruno and a Redis of its own, and waits until both are ready. */
export async function deployBruno(area: string, options: Partial<WorkloadOptions> = {}): Promise<Bruno> {
  const namespace = await TestNamespace.open(area);
  await namespace.create(
    aWorkload({
      name: 'redis',
      image: redisImage ?? '',
      limit: '256Mi',
      container: { readinessProbe: { tcpSocket: { port: 6379 }, periodSeconds: 1 } },
    }),
  );
  const service = await namespace.create<V1Service>(serviceFor('redis', 6379));
  await namespace.whenReady('Deployment', 'redis');
  const { env, ...more } = options;
  await namespace.create(
    brunoWorkload({
      image: brunoImage ?? '',
      limit: '128Mi',
      ...more,
      env: { REDIS_URL: `redis://${service.spec?.clusterIP}:6379`, SESSION_TTL: '86400', ...env },
    }),
  );
  await namespace.whenReady('Deployment', 'agent-bruno');
  const [redis] = await namespace.pods('Deployment', 'redis');
  const scope = `kubernetes/${namespace.cluster.name}`;
  return {
    namespace,
    target: { key: `${scope}/${namespace.name}/deployment/agent-bruno`, kind: 'workload', scope },
    redisUrl: `redis://${redis?.status?.podIP}:6379`,
  };
}

/** Begins a fault in the live process of the oldest pod: a pod that comes after it has none. */
export async function provoke({ namespace }: Bruno, fault: Fault): Promise<void> {
  const [pod] = await namespace.pods('Deployment', 'agent-bruno');
  const { status, text } = await namespace.call(pod?.metadata?.name ?? '', 'POST', '/admin/faults', fault);
  if (status !== 200) throw new Error(`the fault ${fault.kind} was not taken: ${status} ${text}`);
}

/** Waits until the metrics API says that a pod of it uses so much of its limit of 128 MiB. */
export function untilFull({ namespace }: Bruno, percent = 90): Promise<void> {
  const { cluster, name } = namespace;
  const path = `/apis/metrics.k8s.io/v1beta1/namespaces/${name}/pods?labelSelector=app%3Dagent-bruno`;
  return until(`a pod in ${name} is ${percent} % full`, async () => {
    const { items } = await cluster.get<PodMetricsList>(path, namespace);
    const used = items.map(({ containers: [one] }) => Number.parseInt(one?.usage.memory ?? '0', 10) / 1024);
    return Math.max(0, ...used) >= (128 * percent) / 100;
  });
}

interface PodMetricsList {
  readonly items: readonly {
    readonly containers: readonly { readonly usage: { readonly memory: string } }[];
  }[];
}

/** Opens an incident there, as a critical alert does. */
export async function openIncident(night: RealNight, target: Target): Promise<WorkflowHandle> {
  const runbook = 'AgentBrunoHighMemoryUsage';
  await signalWithStart(night.environment.client, {
    target,
    runbook,
    alert: alertFor('AgentBrunoMemoryExhausted', { runbook, severity: 'critical' }),
    observeOnly: false,
    product: 'test',
  });
  return night.handle(target);
}

/** What the configuration says of a target; more of it as `more`, lines of YAML of the same indent as `policy:`. */
export function targetText(
  { namespace, redisUrl }: Bruno,
  given: {
    /** As the configuration calls the way to the cluster. */
    readonly cluster?: string;
    readonly workload?: string;
    readonly more?: string;
    readonly autonomy?: string;
    readonly prometheus?: string;
  } = {},
): string {
  const prometheus =
    given.prometheus === undefined ? '' : `\n      prometheus: { url: '${given.prometheus}' }`;
  return `
  - cluster: ${given.cluster ?? namespace.cluster.name}
    namespace: ${namespace.name}
    deployment: agent-bruno
    autonomy: ${given.autonomy ?? 'auto'}
${given.more ?? ''}
    workload:${prometheus}
      sessions: { redis: '${redisUrl}', match: 'bruno:session:*', heldBy: process, shortenTo: 15m }
      metrics: { port: 8080, path: /metrics }
      probe: { port: 8080, path: /chat, method: POST, body: '{"message":"Hello"}', expect: { contains: response } }
${given.workload ?? ''}`;
}

/** A whole night shift over a real cluster: Prometheus, Alertmanager, API, Temporal and a worker. */
export class BrunoNight {
  readonly #folder = mkdtempSync(join(tmpdir(), 'nightshift-bruno-'));
  #monitoring: ClusterMonitoring | undefined;
  #api: ApiProcess | undefined;
  #temporal: TemporalClient | undefined;

  private constructor(
    readonly night: RealNight,
    readonly apiUrl: string,
    private readonly operator: string,
  ) {}

  /** `configure` gets Prometheus's address and answers with the targets, as `targetText` writes them. */
  static async open(
    brunos: readonly Bruno[],
    rules: string,
    configure: (prometheusUrl: string) => string,
  ): Promise<BrunoNight> {
    const night = await RealNight.open();
    const tokensFile = join(mkdtempSync(join(tmpdir(), 'nightshift-tokens-')), 'tokens');
    const webhook = await createToken({ file: tokensFile, name: 'alertmanager', role: 'webhook' });
    const operator = await createToken({ file: tokensFile, name: 'ana', role: 'operator' });
    const port = await freePort('127.0.0.1');
    const made = new BrunoNight(night, `http://127.0.0.1:${port}`, operator);
    try {
      await made.#start(brunos, { rules, configure, tokensFile, webhook, port });
    } catch (error) {
      await made.close();
      throw error;
    }
    return made;
  }

  async #start(
    brunos: readonly Bruno[],
    given: {
      readonly rules: string;
      readonly configure: (prometheusUrl: string) => string;
      readonly tokensFile: string;
      readonly webhook: string;
      readonly port: number;
    },
  ): Promise<void> {
    const [first] = brunos;
    if (first === undefined) throw new Error('no workload was given');
    const tokenFile = join(this.#folder, 'webhook');
    writeFileSync(tokenFile, given.webhook, { mode: 0o600 });
    this.#monitoring = await ClusterMonitoring.open({
      cluster: first.namespace.cluster,
      namespaces: brunos.map(({ namespace }) => namespace.name),
      apiUrl: this.apiUrl,
      tokenFile,
      rules: given.rules,
    });
    this.night.configure(
      `
clusters: { ${first.namespace.cluster.name}: { kubeconfig: '${kubeconfig}' } }
groups: { operators: [ana] }
# metrics-server has new figures every 10 s, of what the kubelet has read every 3 s.
defaults:
  settle: 20s
  soak: { time: 30s, every: 3s }
  decisions: { group: operators }
  budget: { atOnce: 10, perScopePerHour: 100 }
targets:${given.configure(this.#monitoring.prometheusUrl)}
routes:
  - match: { alertname: /AgentBruno.*/ }
    runbook: AgentBrunoHighMemoryUsage
    target: 'kubernetes/${first.namespace.cluster.name}/{{labels.namespace}}/deployment/agent-bruno'
api: { listen: '${new URL(this.apiUrl).host}', tokensFile: '${given.tokensFile}' }
`,
      {},
    );
    this.#temporal = await connectTemporal(temporalSettings(this.night.config()));
    this.#api = await serveApi(this.night.config(), this.#temporal, createLogger('warn'));
    await this.night.startWorker();
  }

  get monitoring(): ClusterMonitoring {
    if (this.#monitoring === undefined) throw new Error('the monitoring has not started');
    return this.#monitoring;
  }

  /** Waits until an alert has opened an incident there. */
  async opened({ target }: Bruno, seconds = 120): Promise<WorkflowHandle> {
    const handle = this.night.handle(target);
    for (const giveUp = Date.now() + seconds * 1000; Date.now() < giveUp; ) {
      const there = await handle.describe().catch(() => undefined);
      if (there !== undefined) return handle;
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
    throw new Error(`no alert opened an incident of ${target.key} within ${seconds} s`);
  }

  /** Answers what is asked, through the API, as a person who is known. */
  async decide({ target }: Bruno, view: IncidentView, answer: 'approve' | 'reject'): Promise<void> {
    const { openDecision } = view;
    const response = await fetch(`${this.apiUrl}/incidents/${target.key}/decisions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.operator}`, 'content-type': 'application/json' },
      body: JSON.stringify({ hash: openDecision?.hash, answer, comment: 'seen, and agreed' }),
    });
    if (!response.ok) throw new Error(`not decided: ${response.status} ${await response.text()}`);
  }

  async close(): Promise<void> {
    await this.#monitoring?.close();
    await this.#api?.close();
    await this.#temporal?.close();
    await this.night.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
