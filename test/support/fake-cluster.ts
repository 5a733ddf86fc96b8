import { createKubernetesAppliers } from '../../activities/kubernetes/appliers/index.js';
import type { Answer, Cluster } from '../../activities/kubernetes/client.js';
import { translateAnswer } from '../../activities/kubernetes/errors.js';
import type { Change, Effect } from '../../model/change.js';
import type { JsonObject } from '../../model/json.js';
import type { Attempt } from './apply-context.js';

export interface FakeCall {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly body: JsonObject;
}

/** An API server's answers by hand, for those that no real one can be made to give. */
export function fakeCluster(
  answer: (call: FakeCall) => { readonly status?: number; readonly json: unknown },
): { readonly cluster: Cluster; readonly calls: readonly FakeCall[] } {
  const calls: FakeCall[] = [];
  const asked = (method: string, path: string, body: unknown): Answer => {
    const call = { method, path: path.replace(/\?.*$/, ''), body: (body ?? {}) as JsonObject };
    calls.push(call);
    const { status = 200, json } = answer(call);
    return { status, text: JSON.stringify(json) };
  };
  const known = async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const given = asked(method, path, body);
    if (given.status > 299) throw translateAnswer(given, method, path, 'fake');
    return JSON.parse(given.text) as T;
  };
  const cluster: Partial<Cluster> = {
    name: 'test',
    server: 'fake',
    get: (path) => known('GET', path),
    find: async <T>(path: string) => {
      const given = asked('GET', path, undefined);
      return given.status === 404 ? undefined : (JSON.parse(given.text) as T);
    },
    patch: (path, body) => known('PATCH', path, body),
    call: async (method, path, { body }) => asked(method, path, body && JSON.parse(body)),
  };
  return { cluster: cluster as Cluster, calls };
}

/** One attempt on such a cluster; what would be waited for is over at once, and the clock goes on by it. */
export function applied(cluster: Cluster, change: Change, attempt: Attempt): Promise<Effect> {
  let past = 0;
  const sleep = async (ms: number): Promise<void> => {
    past += ms;
  };
  const appliers = createKubernetesAppliers({ cluster: () => cluster, sleep });
  const applier = appliers[change.kind as keyof typeof appliers] as (
    change: Change,
    context: Attempt['context'],
  ) => Promise<Effect>;
  return applier(change, { ...attempt.context, now: () => new Date(Date.now() + past) });
}
