import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { markdown } from '../../../model/report/markdown.js';
import {
  type Bruno,
  deployBruno,
  openIncident,
  provoke,
  targetText,
  untilFull,
} from '../../support/bruno-night.js';
import { hasCluster, kubeconfig, needsCluster } from '../../support/cluster.js';
import { RealNight } from '../../support/real-night.js';
import { needsRedis, redisServer, TestRedis } from '../../support/redis-server.js';

type Series = readonly {
  readonly labels?: object;
  readonly values: readonly (readonly [number, string])[];
}[];

interface Case {
  /** The Redis that is said to hold the sessions: the app itself has another one. */
  readonly redis: readonly string[];
  readonly keys: number;
  readonly mongo?: true;
  /** What Prometheus says of the pod's memory; `now` in seconds. */
  series(now: number): Series;
  /** What the report, or the evidence behind it, has to say of it. */
  readonly told: readonly RegExp[];
}

const readings = (to: number, bytes: string) =>
  [120, 90, 60, 30, 5].map((ago): readonly [number, string] => [to - ago, bytes]);
const cases: Readonly<Record<'locked' | 'replica' | 'crowded', Case>> = {
  locked: {
    redis: ['--requirepass', 'not-told'],
    keys: 0,
    mongo: true,
    series: (now) => [{ values: readings(now, 'NaN') }],
    told: [
      /sessions \(redis\): .*NOAUTH.*Name its password with sessions\.password/,
      /mongo \(mongodb\): .*ECONNREFUSED/,
      /pods\.history \(Prometheus\): it has no readings of these pods/,
    ],
  },
  replica: {
    redis: ['--replicaof', '127.0.0.1', '1', '--replica-serve-stale-data', 'yes'],
    keys: 0,
    series: (now) => [{ values: readings(now - 7200, '50000000') }],
    told: [/pods\.history \(Prometheus\): it has no readings of these pods/],
  },
  crowded: {
    redis: [],
    keys: 100_000,
    series: (now) => [
      { labels: { job: 'a' }, values: readings(now, '50000000') },
      { labels: { job: 'b' }, values: readings(now, '70000000') },
    ],
    // A machine that is busy may not get through all of them in the time of one look, and says so.
    told: [/"sessions.count"[^}]*:100000\b|the scan ended at its limit/, /2 series/],
  },
};
type Name = keyof typeof cases;
const names = Object.keys(cases) as Name[];

/** What fills the pods is neither sessions nor connections: the app tells of it itself. */
const env = { CONTEXT_WINDOW: '150' };
const window = `      env: [{ name: CONTEXT_WINDOW, to: '20', against: contexts, harm: long conversations lose their beginning }]`;

describe.skipIf(!(hasCluster && redisServer) && !process.env.CI)(
  `whole incidents beside sources that fail (${needsCluster}; ${needsRedis})`,
  () => {
    const brunos = {} as Record<Name, Bruno>;
    const redises = {} as Record<Name, TestRedis>;
    const liars: Server[] = [];
    let night: RealNight;

    beforeAll(async () => {
      await Promise.all(
        names.map(async (name) => {
          const { redis, keys } = cases[name];
          redises[name] = await TestRedis.open(redis);
          if (keys > 0) await redises[name].fill(keys);
          brunos[name] = await deployBruno(`sources-${name}`, { env });
          await provoke(brunos[name], { kind: 'contexts', speed: 30, size: 104 });
        }),
      );
      const urls = await Promise.all(names.map(lyingPrometheus));
      night = await RealNight.open();
      night.configure(
        `
clusters: { straight: { kubeconfig: '${kubeconfig}' } }
defaults:
  settle: 15s
  soak: { time: 20s, every: 2s }
  budget: { atOnce: 10, perScopePerHour: 100 }
  deadlines: { critical: 10m }
targets:${names
          .map((name, n) =>
            targetText(
              { ...brunos[name], redisUrl: redises[name].url },
              {
                cluster: 'straight',
                more: '    policy: { remediesOff: [restart-workload] }',
                prometheus: urls[n] ?? '',
                workload: cases[name].mongo
                  ? `${window}\n      mongo: { url: 'mongodb://127.0.0.1:1' }`
                  : window,
              },
            ),
          )
          .join('')}
`,
        {},
      );
      await night.startWorker();
      await Promise.all(names.map((name) => untilFull(brunos[name])));
    });

    afterAll(async () => {
      await night?.close();
      for (const server of liars) server.close();
      for (const redis of Object.values(redises)) await redis.close();
      await Promise.all(Object.values(brunos).map(({ namespace }) => namespace.close()));
    });

    async function lyingPrometheus(name: Name): Promise<string> {
      const [pod] = await brunos[name].namespace.pods('Deployment', 'agent-bruno');
      const metric = {
        __name__: 'container_memory_working_set_bytes',
        pod: pod?.metadata?.name,
        container: 'agent-bruno',
      };
      const server = createServer((_request, response) => {
        const series = cases[name].series(Math.floor(Date.now() / 1000));
        const result = series.map(({ labels, values }) => ({ metric: { ...metric, ...labels }, values }));
        response.end(JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      liars.push(server);
      return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    }

    it.concurrent.each([
      ['locked', 'a Redis that asks for a password, a MongoDB that is away, a Prometheus that says NaN'],
      ['replica', 'a Redis that is read-only, a Prometheus whose figures are two hours old'],
      ['crowded', 'a Redis with 100,000 sessions, a Prometheus that has two series where one is expected'],
    ] as const)('%s: %s', async (name, _what) => {
      const { namespace } = brunos[name];
      namespace.audit.mark();
      const scope = 'kubernetes/straight';
      const key = `${scope}/${namespace.name}/deployment/agent-bruno`;
      const handle = await openIncident(night, { key, kind: 'workload', scope });
      const { outcome, report } = await night.result(handle);
      const text = markdown(report);
      expect(outcome, text).toBe('recovered');
      const effects = namespace.audit
        .effects(namespace.name)
        .map(({ verb, resource }) => `${verb} ${resource}`);
      expect(effects, text).toEqual(['patch deployments']);
      for (const words of cases[name].told)
        expect(`${text}\n${JSON.stringify(report.evidence)}`).toMatch(words);
    });
  },
);
