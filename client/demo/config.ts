import { stringify } from 'yaml';
import { engineOf } from '../up/default-config.js';

export interface DemoConfig {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly container: string;
  readonly url: string;
  readonly operators: readonly string[];
  readonly adminTokenFile: string;
  readonly tokensFile: string;
  readonly apiPort: number;
}

/** The key of the demo's target. */
export function targetKey(container: string): string {
  return `docker/demo/${container}`;
}

/**
 * The configuration that the demo runs on: a real one, read like any other. What disrupts nothing goes by itself,
 * all else is asked for; the waits are short, because somebody is watching.
 */
export function configText(demo: DemoConfig): string {
  const { env, container, url, operators, adminTokenFile, tokensFile, apiPort } = demo;
  const admin = (path: string, body?: string) => ({
    url: `${url}${path}`,
    bearer: 'agent-admin',
    ...(body ? { body } : {}),
  });
  return stringify({
    engines: { demo: engineOf(env) },
    secrets: { 'agent-admin': { file: adminTokenFile } },
    groups: { operators },
    targets: [
      {
        engine: 'demo',
        container,
        autonomy: { target: 'approve', byDisruption: { none: 'auto' } },
        health: `${url}/health`,
        probe: {
          url: `${url}/chat`,
          method: 'POST',
          body: '{"message":"are you there?"}',
          expect: { contains: 'reply' },
        },
        metrics: `${url}/metrics`,
        caches: [
          {
            name: 'answers',
            endpoint: admin('/admin/clear-cache'),
            disruption: 'none',
            harm: 'answers are slower until the cache is warm again',
          },
        ],
        gc: {
          via: 'endpoint',
          endpoint: admin('/admin/gc'),
          process: { runtime: 'node', executable: 'node', argsContain: 'agent.mjs' },
        },
        policy: {
          decisions: { group: 'operators', timeLimit: '3m', reminder: '1m' },
          settle: '4s',
          soak: { time: '20s', every: '2s' },
        },
      },
    ],
    routes: [
      {
        match: { runbook: 'MEM-001', name: container },
        runbook: 'MEM-001',
        target: targetKey(container),
      },
    ],
    api: { listen: `127.0.0.1:${apiPort}`, tokensFile },
  });
}
