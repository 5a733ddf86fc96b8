import type { V1Deployment } from '@kubernetes/client-node';
import type { WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { DecisionReply } from '../../../model/decision.js';
import { markdown } from '../../../model/report/markdown.js';
import type { Target } from '../../../model/target.js';
import type { IncidentView } from '../../../model/view.js';
import type { IncidentResult } from '../../../workflows/contract.js';
import { ApiProxy } from '../../support/api-proxy.js';
import {
  type Bruno,
  deployBruno,
  type Fault,
  openIncident,
  provoke,
  targetText,
  untilFull,
} from '../../support/bruno-night.js';
import { hasCluster, kubeconfig, needsCluster, until } from '../../support/cluster.js';
import { pathFor } from '../../support/manifests.js';
import { RealNight } from '../../support/real-night.js';

/** What fills the pods: told by counting connections, so no history is needed. */
const pools = {
  env: { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' },
  fault: { kind: 'connections', speed: 120, size: 660 },
} as const;
const contexts = {
  env: { CONTEXT_WINDOW: '150' },
  fault: { kind: 'contexts', speed: 30, size: 104 },
} as const;
const windowTo = (to: string): string =>
  `      env: [{ name: CONTEXT_WINDOW, to: '${to}', against: contexts, harm: long conversations lose their beginning }]`;

interface Case {
  /** By which way Nightshift reaches the cluster. */
  readonly way: 'told' | 'straight' | 'also';
  readonly filled: { readonly env: Readonly<Record<string, string>>; readonly fault: Fault };
  readonly replicas?: number;
  readonly autonomy?: 'approve';
  readonly workload?: string;
  readonly spec?: Readonly<Record<string, unknown>>;
}

const approve = { way: 'straight', filled: pools, autonomy: 'approve' } as const;
const cases = {
  deleted: approve,
  scaled: approve,
  paused: approve,
  replaced: approve,
  denied: { way: 'told', filled: pools },
  busy: { way: 'told', filled: pools },
  conflict: { way: 'also', filled: pools },
  blind: { way: 'told', filled: pools },
  broken: {
    way: 'told',
    filled: contexts,
    workload: windowTo('none'),
    spec: { progressDeadlineSeconds: 20 },
  },
  budget: { way: 'told', filled: pools, replicas: 2, autonomy: 'approve' },
  fought: { way: 'straight', filled: contexts, workload: windowTo('20') },
} as const satisfies Record<string, Case>;

/** What an escalation carries, by the source's words. */
const takeOver = [
  'Impact on users',
  'Impact on business',
  'Impact on data',
  'Review the application code for leaks',
  'Profile its memory in development',
  'Consider a stateless design',
  'Evaluate other ways to serve the model',
  'Contact the development team',
];

type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

describe.skipIf(!hasCluster && !process.env.CI)(
  `what goes wrong while a workload is looked after (${needsCluster})`,
  () => {
    const brunos = {} as Record<Name, Bruno>;
    let night: RealNight;
    let proxy: ApiProxy;

    const target = (name: Name): Target => {
      const scope = `kubernetes/${cases[name].way}`;
      return {
        key: `${scope}/${brunos[name].namespace.name}/deployment/agent-bruno`,
        kind: 'workload',
        scope,
      };
    };

    beforeAll(async () => {
      await Promise.all(
        names.map(async (name) => {
          const { filled, replicas, spec }: Case = cases[name];
          brunos[name] = await deployBruno(`faults-${name}`, {
            env: filled.env,
            ...(replicas && { replicas }),
            ...(spec && { spec }),
          });
          await provoke(brunos[name], filled.fault);
        }),
      );
      const { namespace } = brunos.denied;
      proxy = await ApiProxy.open(namespace.cluster.config);
      const told = namespace.writeKubeconfig('told', { server: proxy.url });
      const expired = namespace.writeKubeconfig('expired', {
        server: namespace.cluster.server,
        token: 'a-token-that-nobody-issued',
      });
      night = await RealNight.open();
      night.configure(
        `
clusters: { told: { kubeconfig: '${told}' }, also: { kubeconfig: '${told}' }, expired: { kubeconfig: '${expired}' }, straight: { kubeconfig: '${kubeconfig}' } }
groups: { operators: [ana] }
defaults:
  settle: 15s
  soak: { time: 20s, every: 2s }
  decisions: { group: operators, timeLimit: 4m }
  budget: { atOnce: 10, perScopePerHour: 100 }
  deadlines: { critical: 75s }
targets:${names
          .map((name) => {
            const { way, workload, autonomy, filled }: Case = cases[name];
            // Where a variable is to be set, no restart goes before it.
            const more = filled === contexts ? '    policy: { remediesOff: [restart-workload] }' : '';
            const given = {
              cluster: way,
              more,
              ...(workload && { workload }),
              ...(autonomy && { autonomy }),
            };
            return targetText(brunos[name], given);
          })
          .join('')}${targetText(brunos.blind, { cluster: 'expired' })}
`,
        {},
      );
      await night.startWorker();
      await Promise.all(names.map((name) => untilFull(brunos[name])));
    });

    afterAll(async () => {
      await night?.close();
      await proxy?.close();
      await Promise.all(Object.values(brunos).map(({ namespace }) => namespace.close()));
    });

    function open(name: Name): Promise<WorkflowHandle> {
      brunos[name].namespace.audit.mark();
      return openIncident(night, target(name));
    }

    const asked = (handle: WorkflowHandle): Promise<IncidentView> =>
      night.until(handle, ({ openDecision }) => openDecision !== undefined, 120);

    const decide = (
      handle: WorkflowHandle,
      hash: string | undefined,
      answer: 'approve' | 'reject',
    ): Promise<DecisionReply> =>
      handle.executeUpdate<DecisionReply, [object]>('decide', {
        args: [{ hash, answer, by: 'ana', verified: 'token', comment: 'as it is' }],
      });
    const say = async (handle: WorkflowHandle, answer: 'approve' | 'reject'): Promise<DecisionReply> =>
      decide(handle, (await asked(handle)).openDecision?.hash, answer);

    const effects = (name: Name): readonly string[] =>
      brunos[name].namespace.audit
        .effects(brunos[name].namespace.name)
        .map(({ verb, resource }) => `${verb} ${resource}`);

    const told = ({ report }: IncidentResult): string => markdown(report);

    /** Of a request that changes the workload itself. */
    const patches = (name: Name): RegExp =>
      new RegExp(`^PATCH /apis/apps/v1/namespaces/${brunos[name].namespace.name}/`);
    const pause = (seconds: number): Promise<void> =>
      new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    it.concurrent('a Deployment that is deleted while a decision is open is let be', async () => {
      const handle = await open('deleted');
      await asked(handle);
      await brunos.deleted.namespace.remove('Deployment', 'agent-bruno');
      // The answer itself is taken: it is when it is to be carried out that the Deployment is looked at anew.
      expect(await say(handle, 'approve')).toMatchObject({ accepted: true });
      const result = await night.result(handle);
      expect(result.outcome, told(result)).toBe('escalated');
      expect(told(result)).toMatch(/not applied: GET \S+ on cluster straight \S+ answered 404/);
      expect(effects('deleted'), told(result)).toEqual([]);
    });

    it.concurrent.each([
      ['scaled', { spec: { replicas: 0 } }, 'escalated', /could not be read in time: it is scaled to 0/],
      [
        'paused',
        { spec: { paused: true } },
        'escalated',
        /refused: Deployment agent-bruno is paused: somebody stopped its rollouts on purpose/,
      ],
      [
        'replaced',
        { spec: { template: { metadata: { annotations: { release: 'next' } } } } },
        'self-recovered',
        /^# Recovered by itself/,
      ],
    ] as const)(
      'a Deployment that somebody has %s while a decision is open',
      async (name, change, end, words) => {
        const handle = await open(name);
        const { openDecision } = await asked(handle);
        const { namespace } = brunos[name];
        await namespace.patch('Deployment', 'agent-bruno', change);
        if (name === 'replaced') await namespace.whenReady('Deployment', 'agent-bruno');
        // An answer to what was asked before is taken, since nobody has looked since; the look before carrying out has
        // the last word. Where somebody has looked meanwhile, the question is no more.
        const reply = await decide(handle, openDecision?.hash, 'approve');
        expect(reply.accepted ? 'approved by ana' : reply.why).toMatch(
          /^approved by ana$|settled before|no change is waiting/,
        );
        const ended = night.result(handle);
        let over = false;
        const mark = (): void => {
          over = true;
        };
        ended.then(mark, mark);
        // Whatever it asks for anew is not given.
        while (!over) {
          const view = await handle.query<IncidentView>('view');
          if (view.openDecision && view.openDecision.hash !== openDecision?.hash)
            await say(handle, 'reject').catch(() => undefined);
          await pause(1);
        }
        const result = await ended;
        expect(result.outcome, told(result)).toBe(end);
        expect(told(result)).toMatch(words);
        expect(effects(name), told(result)).toEqual([]);
      },
    );

    it.concurrent('a right that is missing is told, and nothing is changed', async () => {
      const status = {
        kind: 'Status',
        status: 'Failure',
        reason: 'Forbidden',
        message: 'deployments.apps is forbidden',
      };
      proxy.answer(patches('denied'), 403, status, 100);
      const result = await night.result(await open('denied'));
      expect(result.outcome, told(result)).toBe('escalated');
      expect(told(result)).toMatch(/forbidden/);
      expect(effects('denied')).toEqual([]);
    });

    it.concurrent('credentials that are not accepted are told, and nothing is changed', async () => {
      const scope = 'kubernetes/expired';
      const key = `${scope}/${brunos.blind.namespace.name}/deployment/agent-bruno`;
      const result = await night.result(await openIncident(night, { key, kind: 'workload', scope }));
      expect(result.outcome, told(result)).toBe('escalated');
      expect(told(result)).toMatch(/answered 401.*renew the token or certificate/s);
      expect(effects('blind'), told(result)).toEqual([]);
    });

    it.concurrent('an API server that is too busy is asked again: one effect', async () => {
      const busy = {
        kind: 'Status',
        reason: 'TooManyRequests',
        message: 'too many requests, please try again later',
      };
      proxy.answer(patches('busy'), 429, busy, 2);
      const result = await night.result(await open('busy'));
      expect(result.outcome, told(result)).toBe('recovered');
      expect(effects('busy'), told(result)).toEqual(['patch deployments']);
    });

    it.concurrent('a conflict is no reason to overwrite: it is looked at anew, and done once', async () => {
      const conflict = { kind: 'Status', reason: 'Conflict', message: 'the object has been modified' };
      proxy.answer(patches('conflict'), 409, conflict, 1);
      const result = await night.result(await open('conflict'));
      expect(result.outcome, told(result)).toBe('recovered');
      expect(effects('conflict'), told(result)).toEqual(['patch deployments']);
    });

    it.concurrent('without figures of memory nothing is changed', async () => {
      const metrics = new RegExp(
        `^GET /apis/metrics.k8s.io/v1beta1/namespaces/${brunos.blind.namespace.name}/`,
      );
      proxy.answer(
        metrics,
        503,
        { kind: 'Status', message: 'the server is currently unable to handle the request' },
        10_000,
      );
      const result = await night.result(await open('blind'));
      expect(result.outcome, told(result)).toBe('escalated');
      expect(told(result)).toMatch(/could not be read/);
      expect(effects('blind')).toEqual([]);
    });

    it.concurrent('a rollout that never becomes ready is undone, and people are told', async () => {
      const { namespace } = brunos.broken;
      const before = await namespace.get<V1Deployment>('Deployment', 'agent-bruno');
      const result = await night.result(await open('broken'));
      expect(result.outcome, told(result)).toBe('escalated');
      const window = ({ spec }: V1Deployment) => spec?.template.spec?.containers[0]?.env;
      const after = await namespace.get<V1Deployment>('Deployment', 'agent-bruno');
      expect(window(after), told(result)).toEqual(window(before));
      expect(effects('broken'), told(result)).toEqual(['patch deployments', 'patch deployments']);
      // The source's impact on users, business and data, and its five points for whoever takes over.
      const points = result.report.escalations.findLast((one) => one.points !== undefined)?.points ?? [];
      expect(points.map((point) => point.split(':')[0])).toEqual(takeOver);
      for (const point of points) expect(point).toMatch(/: .{10,}/);
    });

    it.concurrent('an eviction that a budget forbids waits until it is allowed: one eviction', async () => {
      const { namespace } = brunos.budget;
      const handle = await open('budget');
      const { openDecision } = await asked(handle);
      expect(openDecision?.change.kind).toBe('pod.evict');
      // The look finds no budget in the way; the API server does.
      const hold = proxy.hold(
        new RegExp(`^POST /api/v1/namespaces/${namespace.name}/pods/[^/]+/eviction`),
        'before',
      );
      await say(handle, 'approve');
      await hold.waits;
      await namespace.create({
        apiVersion: 'policy/v1',
        kind: 'PodDisruptionBudget',
        metadata: { name: 'agent-bruno' },
        spec: { maxUnavailable: 0, selector: { matchLabels: { app: 'agent-bruno' } } },
      });
      await until('the budget is in force', async () => {
        const { status } = await namespace.get<{ status?: { expectedPods?: number } }>(
          'PodDisruptionBudget',
          'agent-bruno',
        );
        return status?.expectedPods === 2;
      });
      expect(await hold.release()).toBe(429);
      await pause(5);
      expect(effects('budget')).toEqual([]);
      await namespace.remove('PodDisruptionBudget', 'agent-bruno');
      const result = await night.result(handle);
      expect(result.outcome, told(result)).toBe('recovered');
      expect(effects('budget'), told(result)).toEqual(['create pods/eviction']);
    });

    it.concurrent('somebody who sets a field again every ten seconds is not fought: the report has the patch', async () => {
      const { namespace } = brunos.fought;
      const path = pathFor('Deployment', namespace.name, 'agent-bruno');
      const wanted = await namespace.get<V1Deployment>('Deployment', 'agent-bruno');
      const body = {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'agent-bruno', namespace: namespace.name },
        spec: { selector: wanted.spec?.selector, template: wanted.spec?.template },
      };
      const apply = async (): Promise<void> => {
        await namespace.cluster.call('PATCH', `${path}?fieldManager=reconciler&force=true`, {
          ...namespace,
          signal: namespace.signal,
          body: JSON.stringify(body),
          contentType: 'application/apply-patch+yaml',
        });
      };
      await apply();
      const again = setInterval(() => void apply().catch(() => undefined), 10_000);
      try {
        const result = await night.result(await open('fought'));
        expect(effects('fought').length, told(result)).toBeLessThanOrEqual(1);
        const patch = result.report.recommendations.find(({ title }) =>
          /CONTEXT_WINDOW to 20 through/.test(title),
        );
        expect(patch, told(result)).toBeDefined();
        const applied = await namespace.cluster.patch<V1Deployment>(
          `${path}?dryRun=All&fieldManager=reconciler`,
          parse(patch?.snippet?.text ?? ''),
          'application/strategic-merge-patch+json',
          namespace,
        );
        const env = applied.spec?.template.spec?.containers[0]?.env ?? [];
        expect(env.find(({ name }) => name === 'CONTEXT_WINDOW')?.value).toBe('20');
      } finally {
        clearInterval(again);
      }
    });
  },
);
