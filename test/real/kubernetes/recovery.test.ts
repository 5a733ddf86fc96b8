import type { V1Deployment } from '@kubernetes/client-node';
import { createClient } from '@redis/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { Cause } from '../../../model/diagnosis.js';
import { markdown } from '../../../model/report/markdown.js';
import type { IncidentView } from '../../../model/view.js';
import type { IncidentResult } from '../../../workflows/contract.js';
import {
  type Bruno,
  BrunoNight,
  deployBruno,
  type Fault,
  provoke,
  targetText,
} from '../../support/bruno-night.js';
import { hasCluster, needsCluster, until } from '../../support/cluster.js';
import { pathFor } from '../../support/manifests.js';
import { hasMonitoring, needsMonitoring } from '../../support/monitoring.js';
import { kubeStateMetrics, needsKubeStateMetrics } from '../../support/monitoring-programs.js';
import { killedArea, testRules } from './recovery-rules.js';

/** What two hours would do: Redis lets a key that is restored say how long it has been idle. */
const ageScript = `
local count = 0
for _, key in ipairs(redis.call('KEYS', 'bruno:session:*')) do
  redis.call('RESTORE', key, redis.call('PTTL', key), redis.call('DUMP', key), 'REPLACE', 'IDLETIME', 7200)
  count = count + 1
end
return count`;
/** The fifteen minutes that shortened sessions still have are over at once. */
const passScript = `
for _, key in ipairs(redis.call('KEYS', 'bruno:session:*')) do
  if redis.call('PTTL', key) <= 900000 then redis.call('DEL', key) end
end
return 0`;

/** The source's four verifications and what else has to hold, each by its name. */
const verified = [
  'worst replica below the warning threshold',
  'not growing back',
  'no new OOM kill',
  'replicas ready',
  'no rollout under way',
  'answers POST /chat',
];
/** What is checked only where there is such a thing. */
const besides = ['limits raised in place still hold', 'resident memory of the process not growing'];

interface Case {
  readonly cause: string;
  /** What speaks for it, and the advice against it: both are in the report. */
  readonly why: RegExp;
  readonly advice: RegExp;
  readonly area: string;
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly faults: readonly Fault[];
  readonly config?: { readonly workload?: string; readonly more?: string };
}

const cases = {
  leak: {
    cause: 'leak',
    why: /^it grew by .* over .* in \d+ readings/,
    advice: /^Find the leak$/,
    area: 'leak',
    replicas: 2,
    faults: [
      { kind: 'leak', speed: 12, size: 98 },
      { kind: 'leak', speed: 0.2, size: 11 },
    ],
  },
  pools: {
    cause: 'pool-exhaustion',
    why: /^\d+ connections of one pod$/,
    advice: /^Bound the connection pools/,
    area: 'pools',
    env: { REDIS_POOL_SIZE: '690', CONNECTION_KIB: '160' },
    faults: [{ kind: 'connections', speed: 60, size: 660 }],
  },
  contexts: {
    cause: 'large-contexts',
    why: /^conversation contexts hold .* of /,
    advice: /^Bound the conversation context$/,
    area: 'contexts',
    env: { CONTEXT_WINDOW: '150' },
    faults: [{ kind: 'contexts', speed: 8, size: 106 }],
    config: {
      workload: `      env: [{ name: CONTEXT_WINDOW, to: '20', against: contexts, harm: long conversations lose their beginning }]`,
    },
  },
  limit: {
    cause: 'limit-too-small',
    why: /^it lies at .* and does not grow/,
    advice: /^Raise the memory limit/,
    area: 'limit',
    env: { RESPONSE_CACHE_MIB: '200' },
    // Below the critical threshold: the warning comes after a minute, when it is plain that it lies there.
    faults: [{ kind: 'load', speed: 50, size: 99 }],
    config: { workload: '      maxMemory: 256MiB' },
  },
  sessions: {
    cause: 'too-many-sessions',
    why: /^sessions hold .* of /,
    advice: /^Let sessions end sooner$/,
    area: 'sessions',
    faults: [],
  },
} as const satisfies Record<string, Case>;

type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

/** What stood on top when the change that was made was planned. */
function causeActedOn({ facts }: IncidentResult): Cause | undefined {
  const applied = facts.find((fact) => fact.type === 'applied');
  const planned = facts.findIndex((fact) => fact.type === 'planned' && fact.change.id === applied?.changeId);
  const looks = facts.slice(0, planned).flatMap((fact) => (fact.type === 'looked' ? [fact.diagnosis] : []));
  return looks.findLast((diagnosis) => diagnosis !== undefined)?.causes[0];
}

describe.skipIf(!(hasCluster && hasMonitoring) && !process.env.CI)(
  `AgentBrunoHighMemoryUsage on a real cluster (${needsCluster}; ${needsMonitoring})`,
  () => {
    const brunos = {} as Record<Name, Bruno>;
    let killed: Bruno;
    let night: BrunoNight;

    beforeAll(async () => {
      await Promise.all([
        ...names.map(async (name) => {
          const { area, env, replicas }: Case = cases[name];
          brunos[name] = await deployBruno(area, { ...(env && { env }), ...(replicas && { replicas }) });
        }),
        deployBruno(killedArea).then((bruno) => {
          killed = bruno;
        }),
      ]);
      night = await BrunoNight.open([...Object.values(brunos), killed], testRules(), (prometheus) =>
        [
          ...names.map((name) => {
            const { config }: Case = cases[name];
            return targetText(brunos[name], { prometheus, ...config });
          }),
          targetText(killed, { prometheus }),
        ].join(''),
      );
    });

    afterAll(async () => {
      await night?.close();
      const all = [...Object.values(brunos), ...(killed ? [killed] : [])];
      await Promise.all(all.map(({ namespace }) => namespace.close()));
    });

    /** Provokes it, and follows the incident that the alert opens; `along` is shown each view until it ends. */
    async function recovered(
      name: Name,
      { begin, along }: { begin?: () => Promise<void>; along?: (view: IncidentView) => Promise<void> } = {},
    ): Promise<IncidentResult> {
      const bruno = brunos[name];
      bruno.namespace.audit.mark();
      if (begin) await begin();
      else for (const fault of cases[name].faults) await provoke(bruno, fault);
      const handle = await night.opened(bruno);
      const result = night.night.result(handle);
      let over = false;
      result
        .finally(() => {
          over = true;
        })
        .catch(() => undefined);
      while (!over) {
        await along?.(await handle.query<IncidentView>('view'));
        await new Promise((resolve) => setTimeout(resolve, 500));
      }
      const ended = await result;
      const told = markdown(ended.report);
      expect(ended.outcome, told).toBe('recovered');
      expect(ended.report.alerts[0]?.alert, told).toMatchObject({ source: 'alertmanager' });
      const { cause, why, advice }: Case = cases[name];
      const found = causeActedOn(ended);
      expect(found?.name, told).toBe(cause);
      // The report says why, and what is to be done for good.
      expect(found?.evidenceFor, told).toContainEqual(expect.stringMatching(why));
      const { verification, recommendations, workedOn } = ended.report;
      const reported = workedOn?.causes.find((one) => one.name === cause);
      expect(reported?.evidenceFor, told).toContainEqual(expect.stringMatching(why));
      expect(told).toContain(`   - for: ${reported?.evidenceFor.find((line) => why.test(line))}`);
      expect(
        recommendations.map(({ title }) => title),
        told,
      ).toContainEqual(expect.stringMatching(advice));
      const checks = verification?.checks ?? [];
      expect(
        checks.filter(({ passed }) => !passed),
        told,
      ).toEqual([]);
      expect(
        checks.map(({ name: of }) => of).filter((of) => !besides.includes(of)),
        told,
      ).toEqual(verified);
      return ended;
    }

    /** Counted from the API server's own record. */
    const effects = (name: Name): readonly string[] =>
      brunos[name].namespace.audit
        .effects(brunos[name].namespace.name)
        .map(({ verb, resource }) => `${verb} ${resource}`);

    const podNames = async (name: Name): Promise<readonly string[]> =>
      (await brunos[name].namespace.pods('Deployment', 'agent-bruno')).map(
        ({ metadata }) => metadata?.name ?? '',
      );

    /** A figure of the app's own metrics, in its only pod. */
    const figure = async (name: Name, metric: string): Promise<number> => {
      const [pod = ''] = await podNames(name);
      const { text } = await brunos[name].namespace.call(pod, 'GET', '/metrics');
      return Number(new RegExp(`^${metric}(?:\\{.*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
    };

    it.concurrent('evicts the one pod that leaks', async () => {
      const [leaking, healthy] = await podNames('leak');
      const { report } = await recovered('leak');
      expect(effects('leak'), markdown(report)).toEqual(['create pods/eviction']);
      const now = await podNames('leak');
      expect(now).toContain(healthy);
      expect(now).not.toContain(leaking);
    });

    it.concurrent('restarts for pools that are used up', async () => {
      const redis = createClient({ url: brunos.pools.redisUrl });
      await redis.connect();
      const { report } = await recovered('pools');
      expect(effects('pools'), markdown(report)).toEqual(['patch deployments']);
      const clients = /connected_clients:(\d+)/.exec(await redis.info('clients'));
      expect(Number(clients?.[1])).toBeLessThan(20);
      await redis.close();
    });

    it.concurrent('sets the context window for large conversations', async () => {
      const { report } = await recovered('contexts');
      expect(effects('contexts'), markdown(report)).toEqual(['patch deployments']);
      expect(await figure('contexts', 'bruno_context_window_messages')).toBe(20);
    });

    it.concurrent('gives running pods a larger limit, in place', async () => {
      const [before] = await brunos.limit.namespace.pods('Deployment', 'agent-bruno');
      const { report } = await recovered('limit');
      expect(effects('limit'), markdown(report)).toEqual(['patch pods/resize']);
      const [after] = await brunos.limit.namespace.pods('Deployment', 'agent-bruno');
      expect(after?.metadata?.uid).toBe(before?.metadata?.uid);
      expect(after?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
      expect(after?.status?.containerStatuses?.[0]?.resources?.limits?.memory).toBe('256Mi');
      // It ends with the pod, so the report has the patch for good, for 70 % of the limit.
      const advice = report.recommendations.find(({ title }) => /^Raise the memory limit/.test(title));
      expect(advice?.why, markdown(report)).toContain('ends with each pod. This patch gives less for good');
      const patched = await brunos.limit.namespace.cluster.patch<V1Deployment>(
        `${pathFor('Deployment', brunos.limit.namespace.name, 'agent-bruno')}?dryRun=All`,
        parse(advice?.snippet?.text ?? ''),
        'application/strategic-merge-patch+json',
        brunos.limit.namespace,
      );
      const [container] = patched.spec?.template.spec?.containers ?? [];
      expect(container?.resources?.limits?.memory).toMatch(/^1[5-9]\dMi$/);
    });

    it.concurrent('shortens idle sessions when it has been told to, and only those', async () => {
      const bruno = brunos.sessions;
      const redis = createClient({ url: bruno.redisUrl });
      await redis.connect();
      let aged = 0;
      const { report, facts } = await recovered('sessions', {
        begin: async () => {
          await provoke(bruno, { kind: 'sessions', speed: 40, size: 64 });
          await until('they are there', async () => (await redis.dbSize()) >= 256);
          aged = Number(await redis.eval(ageScript));
          await provoke(bruno, { kind: 'sessions', speed: 20, size: 37, seed: 2 });
        },
        along: async (view) => {
          if (view.openDecision) await night.decide(bruno, view, 'approve');
          await redis.eval(passScript);
        },
      });
      expect(effects('sessions'), markdown(report)).toEqual([]);
      const applied = facts.find((fact) => fact.type === 'applied');
      expect(applied?.effect.details).toMatchObject({ shortened: aged });
      // Redis's own count of what was kept of them, and the app's of those that nobody had let lie.
      expect(await redis.hLen(String(applied?.effect.details?.hash))).toBe(aged);
      expect(await figure('sessions', 'bruno_active_sessions')).toBeGreaterThanOrEqual(148);
      expect(facts.find((fact) => fact.type === 'answered')).toMatchObject({ by: 'ana', verified: 'token' });
      await redis.close();
    });

    it.skipIf(kubeStateMetrics === undefined && !process.env.CI).concurrent(
      `AgentBrunoOOMKilled alone starts the same runbook, which finds that it runs again (${needsKubeStateMetrics})`,
      async () => {
        const { namespace } = killed;
        namespace.audit.mark();
        // At once: nothing that watches its memory could come first.
        await provoke(killed, { kind: 'leak', speed: 200, size: 400 });
        const { outcome, report } = await night.night.result(await night.opened(killed));
        const told = markdown(report);
        const [pod] = await namespace.pods('Deployment', 'agent-bruno');
        // It was its main process: by the API server's own word.
        expect(pod?.status?.containerStatuses?.[0]).toMatchObject({
          restartCount: 1,
          lastState: { terminated: { reason: 'OOMKilled' } },
        });
        expect(
          report.alerts.map(({ alert }) => alert),
          told,
        ).toMatchObject([
          {
            name: 'AgentBrunoOOMKilled',
            source: 'alertmanager',
            severity: 'critical',
            labels: { namespace: namespace.name, pod: pod?.metadata?.name, container: 'agent-bruno' },
          },
        ]);
        expect(report.runbook).toBe('AgentBrunoHighMemoryUsage');
        expect(report.evidence, told).toContainEqual(
          expect.objectContaining({ name: 'oomKills.recent', value: 1 }),
        );
        expect(report.diagnosis?.levelWhy, told).toMatch(/OOMKilled.*, and it has room again/);
        // One kill of what has room again is nothing to remedy: the soak waited for the next one.
        expect(outcome, told).toBe('self-recovered');
        const effects = namespace.audit.effects(namespace.name);
        expect(effects, told).toEqual([]);
        expect(report.verification?.checks, told).toContainEqual(
          expect.objectContaining({ name: 'no new OOM kill', passed: true }),
        );
      },
    );
  },
);
