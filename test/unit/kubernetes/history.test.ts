/** What is asked of Prometheus, and what is made of its answers: a server of this machine answers as it does. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { readHistory } from '../../../activities/kubernetes/history.js';
import { emptySettings, MiB } from '../../support/workload-looks.js';

const now = new Date('2026-03-01T03:00:00.000Z');
const at = (secondsAgo: number): number => now.getTime() / 1000 - secondsAgo;
const servers: Server[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

interface Told {
  readonly metric: Readonly<Record<string, string>>;
  readonly values: readonly (readonly [number, string])[];
}
const told = (metric: Told['metric'], ...points: readonly (readonly [number, number])[]): Told => ({
  metric,
  values: points.map(([ago, value]) => [at(ago), String(value)]),
});

/** Answers each query whose text holds one of these words with its series. */
async function prometheus(answers: Readonly<Record<string, readonly Told[]>>, refused?: string) {
  const queries: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const query = new URLSearchParams(body).get('query') ?? '';
      queries.push(query);
      const bad = refused !== undefined && query.includes(refused);
      const [, result = []] = Object.entries(answers).find(([words]) => query.includes(words)) ?? [];
      response.statusCode = bad ? 422 : 200;
      response.end(
        JSON.stringify(
          bad
            ? { status: 'error', error: 'too many samples' }
            : { status: 'success', data: { resultType: 'matrix', result } },
        ),
      );
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ask = () =>
    readHistory({
      prometheus: { url },
      settings: emptySettings,
      container: 'agent-bruno',
      alone: true,
      pods: ['agent-bruno-7d9f8b6c5-xk2lp'],
      present: ['agent-bruno-7d9f8b6c5-xk2lp', 'agent-bruno-7d9f8b6c5-zz9zz'],
      now,
      signal: AbortSignal.timeout(10_000),
    });
  return { ask, queries };
}

const pod = 'agent-bruno-7d9f8b6c5-xk2lp';
const of = (name: string, more: Readonly<Record<string, string>> = {}) => ({
  __name__: name,
  pod,
  container: 'agent-bruno',
  ...more,
});
const kernel = (...more: readonly Told[]) => [
  told(of('container_memory_working_set_bytes'), [30, 900 * MiB], [15, 900 * MiB]),
  told(of('container_memory_rss'), [15, 200 * MiB]),
  told(of('container_memory_cache'), [15, 1500 * MiB]),
  ...more,
];

describe('how the kernel divides it', () => {
  it('is told by the active files, which count as working set', async () => {
    const files = told(of('container_memory_total_active_file_bytes'), [15, 650 * MiB]);
    const { ask } = await prometheus({ 'container_memory_(': kernel(files) });
    expect((await ask()).kernel.get(pod)).toMatchObject({ anonBytes: 200 * MiB, fileBytes: 650 * MiB });
  });

  it('has shared memory among the files where cAdvisor does not tell them apart', async () => {
    const { ask } = await prometheus({ 'container_memory_(': kernel() });
    expect((await ask()).kernel.get(pod)).toMatchObject({ fileBytes: 700 * MiB, withShared: true });
  });
});

describe('what the app told', () => {
  const pool = (labels: Readonly<Record<string, string>>, value: number) =>
    told(
      { __name__: 'bruno_pool_connections', job: 'pods', instance: 'a', ...labels },
      [30, value],
      [15, value],
    );

  it('is added up over its labels, once where two jobs scrape it, with gaps where a metric began later', async () => {
    const { ask } = await prometheus({
      'max by (__name__)': [told({ __name__: 'bruno_context_bytes' }, [1800, 5])],
      pool_connections: [
        pool({ pool: 'redis', state: 'idle' }, 3),
        pool({ pool: 'redis', state: 'in_use' }, 4),
        told({ __name__: 'bruno_pool_connections', job: 'twice', instance: 'b' }, [15, 7]),
        told({ __name__: 'somebody_elses', job: 'pods', instance: 'a' }, [15, 1]),
      ],
    });
    const { appHistory } = await ask();
    expect(appHistory?.at).toHaveLength(3);
    expect(appHistory?.values).toEqual({
      bruno_context_bytes: [5, null, null],
      bruno_pool_connections: [null, 7, 7],
    });
  });

  it('is left out where Prometheus refuses it, and the rest is read', async () => {
    const { ask } = await prometheus({ 'container_memory_(': kernel() }, 'pool_connections');
    const { appHistory, history } = await ask();
    expect(appHistory).toBeUndefined();
    expect(history[0]?.points).toHaveLength(2);
  });
});

describe('pods that are gone', () => {
  it('are those of this workload that are none of the present ones, the last ones first', async () => {
    const range = (name: string, last: number) =>
      told({ pod: name, container: 'agent-bruno' }, [last + 360, 300 * MiB], [last, 500 * MiB]);
    const { ask, queries } = await prometheus({
      'max by (pod, container)': [
        range(pod, 900),
        range('agent-bruno-7d9f8b6c5-zz9zz', 900),
        range('agent-bruno-5c6d7f8b9-bbbbb', 9000),
        range('agent-bruno-5c6d7f8b9-ccccc', 1800),
      ],
    });
    const { goneHistory } = await ask();
    expect(goneHistory?.map((one) => one.pod)).toEqual([
      'agent-bruno-5c6d7f8b9-ccccc',
      'agent-bruno-5c6d7f8b9-bbbbb',
    ]);
    const asked = queries.find((query) => query.includes('max by (pod, container)')) ?? '';
    const names = new RegExp(`^(?:${/pod=~"([^"]+)"/.exec(asked)?.[1]})$`);
    expect('agent-bruno-5c6d7f8b9-ccccc').toMatch(names);
    // Another workload, whose name begins alike.
    expect('agent-bruno-worker-5c6d7f8b9-ccccc').not.toMatch(names);
    expect('agent-bruno-worker-ccccc').not.toMatch(names);
  });
});
