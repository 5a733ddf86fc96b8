import { readFileSync } from 'node:fs';
import { createClient } from '@redis/client';
import type { WorkflowHandle } from '@temporalio/client';
import { takeLook } from '../../../activities/incident/look.js';
import { kindFor, type Registry } from '../../../activities/incident/registry.js';
import { signalWithStart } from '../../../client/incidents/start.js';
import { loadConfig } from '../../../config/index.js';
import { type Change, completeChange } from '../../../model/change.js';
import type { WorkloadLook } from '../../../model/kubernetes/details.js';
import type { Target } from '../../../model/target.js';
import type { IncidentView } from '../../../model/view.js';
import { connectEngines, type Engines } from '../../../worker/engines.js';
import { hostReader } from '../../../worker/host.js';
import { createRegistry } from '../../../worker/registry.js';
import {
  type EndingInput,
  queries,
  taskQueues,
  workflowIds,
  workflowTypes,
} from '../../../workflows/contract.js';
import { ApiProxy } from '../../support/api-proxy.js';
import { type Bruno, targetText } from '../../support/bruno-night.js';
import { type TestNamespace, until } from '../../support/cluster.js';
import { MortalNight, persistently } from '../../support/faults-processes.js';
import { alertFor } from '../../support/nightshift.js';
import { RedisProxy } from '../../support/redis-proxy.js';
import { type Mortal, mortals, sessionsMortal } from './killed-kit.js';

const runbook = 'AgentBrunoHighMemoryUsage';
const scope = 'kubernetes/told';
const everyMortal: readonly Mortal[] = [...mortals, sessionsMortal];

const connected = (url: string) => createClient({ url }).connect();

/** A night shift whose worker is a process of its own, and whose ways to API server and Redis can hold what is sent. */
export class KilledNight {
  private constructor(
    readonly ns: TestNamespace,
    readonly proxy: ApiProxy,
    readonly redisWay: RedisProxy,
    /** Straight to the Redis that has the sessions. */
    readonly redis: Awaited<ReturnType<typeof connected>>,
    readonly night: MortalNight,
    private readonly engines: Engines,
    private readonly registry: Registry,
  ) {}

  /** `brunos`: workloads of whole incidents, which people approve. */
  static async open(ns: TestNamespace, brunos: readonly Bruno[]): Promise<KilledNight> {
    const proxy = await ApiProxy.open(ns.cluster.config);
    const [pod] = await ns.pods('Deployment', sessionsMortal.name);
    const host = pod?.status?.podIP ?? '';
    const redisWay = await RedisProxy.open({ host, port: 6379 });
    const night = await MortalNight.open();
    const told = ns.writeKubeconfig('told', { server: proxy.url });
    night.configure(configuration({ told, namespace: ns.name, redis: redisWay.url, brunos }));
    const config = () => loadConfig(night.configFile);
    const engines = connectEngines(config);
    const registry = createRegistry({ config, engines, host: hostReader(), extensions: [] });
    const redis = await connected(`redis://${host}:6379`);
    const made = new KilledNight(ns, proxy, redisWay, redis, night, engines, registry);
    await night.start();
    return made;
  }

  async close(): Promise<void> {
    await this.night.close();
    this.engines.close();
    this.redis.destroy();
    await this.redisWay.close();
    await this.proxy.close();
  }

  /** What the worker said lately, for the message of a failed expectation. */
  story(): string {
    return readFileSync(this.night.log('worker'), 'utf8').slice(-2000);
  }

  /** As the engine plans it: on a real look, by the kind's own rules. */
  async planned(mortal: Mortal, round: number): Promise<Change> {
    const since = new Date(Date.now() - 60_000).toISOString();
    const request = { target: targetOf(this.ns.name, mortal), runbook, why: 'a test', since };
    const look = (await takeLook(this.registry, request, this.ns.signal)) as WorkloadLook;
    const draft = mortal.plan(look, round);
    if ('skip' in draft) throw new Error(`${mortal.what}: ${draft.skip}`);
    const kind = kindFor(this.registry, runbook, draft.kind);
    if (!kind) throw new Error(`there is no kind ${draft.kind}`);
    const id = `${this.ns.name}-${mortal.what}/${round}`;
    return completeChange(kind, draft, look, { id, remedy: 'test' });
  }

  /** The production workflow that carries out one change without an incident around it. */
  carriedOut(mortal: Mortal, back: Change): Promise<WorkflowHandle> {
    const target = targetOf(this.ns.name, mortal);
    const at = new Date().toISOString();
    const input: EndingInput = { target, runbook, back, at, shortId: 'aaaaaaaa', severity: 'critical' };
    return this.night.client.workflow.start(workflowTypes.ending, {
      workflowId: workflowIds.ending(back.id),
      taskQueue: taskQueues.workflows,
      args: [input],
    });
  }

  /** Opens an incident as a critical alert does, and waits for what it asks people. */
  async asked({ namespace }: Bruno): Promise<{ readonly handle: WorkflowHandle; approve(): Promise<void> }> {
    const target = { key: `${scope}/${namespace.name}/deployment/agent-bruno`, kind: 'workload', scope };
    const alert = alertFor('AgentBrunoMemoryExhausted', { runbook, severity: 'critical' });
    await persistently('the alert is taken', () =>
      signalWithStart(this.night.client, { target, runbook, alert, observeOnly: false, product: 'test' }),
    );
    const handle = this.night.client.workflow.getHandle(workflowIds.incident(target.key));
    let hash: string | undefined;
    const isAsked = async (): Promise<boolean> => {
      hash = (await handle.query<IncidentView>(queries.view)).openDecision?.hash;
      return hash !== undefined;
    };
    await until(`a decision on ${target.key} is asked for`, isAsked, 90_000);
    const decision = { answer: 'approve', by: 'ana', verified: 'token', comment: '' };
    return {
      handle,
      approve: async () => void (await handle.executeUpdate('decide', { args: [{ hash, ...decision }] })),
    };
  }
}

function targetOf(namespace: string, { name, kind = 'Deployment' }: Mortal): Target {
  return { key: `${scope}/${namespace}/${kind.toLowerCase()}/${name}`, kind: 'workload', scope };
}

function configuration(given: {
  readonly told: string;
  readonly namespace: string;
  readonly redis: string;
  readonly brunos: readonly Bruno[];
}): string {
  const { told, namespace, redis, brunos } = given;
  const sessions = { redis, match: 'session:*', heldBy: 'process', shortenTo: '15m' };
  const unique = new Map(everyMortal.map((one) => [one.name, one]));
  const targets = [...unique.values()].map(({ name, kind = 'Deployment', settings }) => {
    const workload = name === sessionsMortal.name ? { sessions } : settings;
    const field = `${kind.charAt(0).toLowerCase()}${kind.slice(1)}`;
    return { cluster: 'told', namespace, [field]: name, autonomy: 'auto', ...(workload && { workload }) };
  });
  const more = brunos.map((bruno) => targetText(bruno, { cluster: 'told', autonomy: 'approve' }));
  return `
clusters: { told: { kubeconfig: '${told}' } }
groups: { operators: [ana] }
defaults:
  settle: 15s
  soak: { time: 15s, every: 3s }
  decisions: { group: operators, timeLimit: 4m }
  budget: { atOnce: 10, perScopePerHour: 100 }
  deadlines: { critical: 10m }
targets:${targets.map((one) => `\n  - ${JSON.stringify(one)}`).join('')}${more.join('')}
`;
}
