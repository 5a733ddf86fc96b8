import { stringify } from 'yaml';
import type { Around } from './subject.js';

/**
 * The configuration that the demo runs on: a real one, read like any other. What disrupts nothing goes by itself,
 * all else is asked for. The cluster has new figures every ten seconds or so, and the waits allow for it.
 */
export function workloadConfigText(
  demo: Around & {
    readonly kubeconfig: string;
    readonly namespace: string;
    readonly name: string;
    readonly prometheusUrl: string;
  },
): string {
  const { kubeconfig, namespace, name, prometheusUrl, operators, tokensFile, apiPort } = demo;
  const port = 8080;
  return stringify({
    clusters: { demo: { kubeconfig } },
    groups: { operators },
    targets: [
      {
        cluster: 'demo',
        namespace,
        deployment: name,
        autonomy: { target: 'approve', byDisruption: { none: 'auto' } },
        workload: {
          prometheus: { url: prometheusUrl },
          metrics: { port, path: '/metrics' },
          probe: {
            port,
            path: '/chat',
            method: 'POST',
            body: '{"message":"are you there?"}',
            expect: { contains: 'response' },
          },
          caches: [
            {
              name: 'answers',
              endpoint: { port, path: '/admin/clear-cache' },
              disruption: 'none',
              harm: 'answers are slower until the cache is warm again',
            },
          ],
          gc: { port, path: '/admin/gc' },
          inspect: true,
        },
        policy: {
          decisions: { group: 'operators', timeLimit: '3m', reminder: '1m' },
          settle: '15s',
          soak: { time: '30s', every: '3s' },
        },
      },
    ],
    routes: [
      {
        match: { namespace },
        runbook: 'AgentBrunoHighMemoryUsage',
        target: `kubernetes/demo/${namespace}/deployment/${name}`,
      },
    ],
    api: { listen: `127.0.0.1:${apiPort}`, tokensFile },
  });
}
