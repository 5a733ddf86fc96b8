import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import { takeLook } from '../../activities/incident/look.js';
import { Notebook } from '../../activities/notebook.js';
import { shortenTtlApplier } from '../../activities/redis/shorten.js';
import { loadConfig } from '../../config/index.js';
import type { ShortenTtlParams } from '../../model/changes/kubernetes/params.js';
import { aChange, anAttempt } from '../../test/support/apply-context.js';
import { type Bruno, deployBruno, targetText } from '../../test/support/bruno-night.js';
import { hasCluster, kubeconfig, needsCluster } from '../../test/support/cluster.js';
import { ClusterMonitoring } from '../../test/support/cluster-monitoring.js';
import { connectEngines } from '../../worker/engines.js';
import { hostReader } from '../../worker/host.js';
import { createRegistry } from '../../worker/registry.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { percentile, timed } from '../statistics.js';

export const title =
  'A real look at a workload on Kubernetes with all its sources, and lives of sessions shortened';

/** Why there is nothing to look at, if so. */
export function skipped(): string | undefined {
  return hasCluster ? undefined : needsCluster;
}

export async function measure(lab: Lab): Promise<readonly Row[]> {
  lab.progress('deploying agent-bruno and its Redis');
  const bruno = await deployBruno('bench', { replicas: 2 });
  try {
    return [...(await looks(bruno, lab)), ...(await shortening(bruno, lab))];
  } finally {
    await bruno.namespace.close();
  }
}

async function looks(bruno: Bruno, { quick, progress }: Lab): Promise<readonly Row[]> {
  const { namespace, target } = bruno;
  const folder = mkdtempSync(join(tmpdir(), 'nightshift-bench-kubernetes-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, 'none');
  const monitoring = await ClusterMonitoring.open({
    cluster: namespace.cluster,
    namespaces: [namespace.name],
    apiUrl: 'http://127.0.0.1:9',
    tokenFile,
    rules: 'groups: []',
  });
  const file = join(folder, 'nightshift.yaml');
  const prometheus = monitoring.prometheusUrl;
  const workload = '      inspect: true';
  writeFileSync(
    file,
    `clusters: { test: { kubeconfig: '${kubeconfig}' } }\ntargets:${targetText(bruno, { prometheus, workload })}\n`,
  );
  const config = loadConfig(file);
  const engines = connectEngines(() => config);
  const host = hostReader();
  const registry = createRegistry({ config: () => config, engines, host, extensions: [] });
  const sources = timeSources();
  const times: number[] = [];
  const slowest: number[] = [];
  let bytes = 0;
  progress('looking at it');
  // What Prometheus is asked for grows with its history: a minute of it is had first.
  if (!quick) await new Promise((resolve) => setTimeout(resolve, 60_000));
  try {
    for (let n = 0; n < (quick ? 5 : 40); n += 1) {
      sources.length = 0;
      const since = new Date(Date.now() - 900_000).toISOString();
      const request = { target, runbook: 'AgentBrunoHighMemoryUsage', why: 'bench', since };
      const { ms, value } = await timed(() => takeLook(registry, request, never));
      times.push(ms);
      slowest.push(Math.max(...sources));
      bytes = Math.max(bytes, JSON.stringify(value).length);
    }
  } finally {
    engines.close();
    await host.kernelLog.close();
    await monitoring.close();
    rmSync(folder, { recursive: true, force: true });
  }
  const shares = times.map((ms, n) => ms / (slowest[n] ?? ms));
  return [
    {
      what: 'a look with all sources, p50',
      value: percentile(times, 50),
      unit: 'ms',
      goal: { atMost: 1500 },
      note: `p99 ${percentile(times, 99).toFixed(0)} ms; its slowest source ${percentile(slowest, 50).toFixed(0)} ms`,
    },
    {
      what: 'its time over that of its slowest source, p50',
      value: percentile(shares, 50),
      unit: '×',
      goal: { atMost: 1.2 },
    },
    { what: 'size of the look', value: bytes / 1024, unit: 'kB', goal: { atMost: 64 } },
  ];
}

const never = new AbortController().signal;

/** Milliseconds of every source that is read from now on. */
function timeSources(): number[] {
  const took: number[] = [];
  const { read } = Notebook.prototype;
  Notebook.prototype.read = function timedRead<T>(
    this: Notebook,
    ...args: Parameters<typeof read<T>>
  ): Promise<T | undefined> {
    const began = performance.now();
    const reading: Promise<T | undefined> = read.call<Notebook, typeof args, Promise<T | undefined>>(
      this,
      ...args,
    );
    return reading.finally(() => took.push(performance.now() - began));
  };
  return took;
}

async function shortening({ redisUrl }: Bruno, { quick, progress }: Lab): Promise<readonly Row[]> {
  const keys = quick ? 20_000 : 100_000;
  progress(`shortening the lives of ${keys} sessions`);
  const redis = createClient({ url: redisUrl });
  await redis.connect();
  try {
    await redis.eval(fill, { arguments: [String(keys)] });
    await redis.configSet({ 'latency-monitor-threshold': '1', 'slowlog-log-slower-than': '1000' });
    await redis.sendCommand(['SLOWLOG', 'RESET']);
    const params = {
      url: redisUrl,
      match: 'bruno:session:*',
      toSeconds: 3600,
      idleSeconds: 900,
      hashBytesAtMost: 256 * 2 ** 20,
      undoSeconds: 3600,
    };
    const fields = [{ name: 'ttlSeconds', before: null, after: params.toSeconds }];
    const change = aChange<ShortenTtlParams>({ kind: 'sessions.shortenTtl', id: 'bench/1', fields, params });
    const { context } = anAttempt();
    const { ms, value } = await timed(() => shortenTtlApplier(change, context));
    const slow = (await redis.sendCommand(['SLOWLOG', 'GET', '128'])) as unknown as [
      number,
      number,
      number,
      string[],
    ][];
    const holds = slow
      .filter(([, , , [command]]) => /^(EVALSHA|SCAN)$/i.test(command ?? ''))
      .map(([, , us]) => us / 1000);
    return [
      {
        what: 'sessions shortened',
        value: keys / (ms / 1000),
        unit: '/s',
        goal: { atLeast: 20_000 },
        note: value.note,
      },
      {
        what: 'longest that one of its commands held Redis',
        value: Math.max(0, ...holds),
        unit: 'ms',
        goal: { atMost: 5 },
        note:
          holds.length === 0
            ? 'none of them took 1 ms (SLOWLOG)'
            : `${holds.length} took 1 ms or longer (SLOWLOG)`,
      },
    ];
  } finally {
    redis.destroy();
  }
}

/** Sessions that nobody has used for two hours. */
const fill = `
local dump
for n = 1, tonumber(ARGV[1]) do
  local key = 'bruno:session:bench-' .. n
  if not dump then redis.call('SET', key, string.rep('x', 512)); dump = redis.call('DUMP', key) end
  redis.call('RESTORE', key, 86400000, dump, 'REPLACE', 'IDLETIME', 7200)
end
return 1`;
