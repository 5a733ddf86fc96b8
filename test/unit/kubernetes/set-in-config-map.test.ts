import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../../model/json.js';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { applied, type FakeCall, fakeCluster } from '../../support/fake-cluster.js';

const scope = 'kubernetes/test';
const target = { key: `${scope}/n/statefulset/web`, kind: 'workload', scope } as const;
const workload = { cluster: 'test', namespace: 'n', kind: 'StatefulSet', name: 'web' } as const;
const configMap = '/api/v1/namespaces/n/configmaps/env';

const change = (fresh: JsonObject = {}) =>
  aChange<JsonObject>({
    kind: 'workload.setEnv',
    uid: 'u',
    name: 'web',
    fields: [
      { name: 'env.TTL', before: '86400', after: '3600' },
      { name: 'env.POOL', before: null, after: '20' },
    ],
    params: {
      ref: { ...workload, kind: 'ConfigMap', name: 'env' },
      workload,
      container: 'web',
      variable: 'TTL',
      configMapKey: 'ttl',
      more: [{ variable: 'POOL', configMapKey: 'pool' }],
      progressSeconds: 30,
    },
    fresh,
  });

interface World {
  readonly data: Record<string, string>;
  /** What the workload's patch is answered with. */
  readonly restart: number;
  readonly spec?: JsonObject;
  readonly env?: readonly JsonObject[];
  /** Somebody sets another value as soon as ours is there. */
  readonly meddled?: boolean;
  /** What lists are answered with once the restart was made. */
  readonly lists?: number;
}

function world({ data, restart, spec = {}, env = [], meddled = false, lists = 200 }: World) {
  let template: JsonObject = { spec: { containers: [{ name: 'web', env }] } };
  let restarted = false;
  return fakeCluster(({ method, path, body }: FakeCall) => {
    if (path.endsWith('/controllerrevisions') || path.endsWith('/pods'))
      return restarted ? { status: lists, json: { message: 'no list' } } : { json: { items: [] } };
    if (path !== configMap) {
      if (method === 'PATCH') {
        if (restart > 299) return { status: restart, json: { message: 'no patch of statefulsets' } };
        restarted = true;
        template = { ...template, ...(body.spec as { template: JsonObject }).template };
      }
      return { json: { metadata: { uid: 'u', resourceVersion: '1' }, spec: { ...spec, template } } };
    }
    if (method === 'PATCH')
      for (const [key, value] of Object.entries(body.data as Record<string, string | null>))
        if (value === null) delete data[key];
        else data[key] = value;
    if (method === 'PATCH' && meddled) data.ttl = '7200';
    return { json: { metadata: { resourceVersion: '1' }, data } };
  });
}

const writes = (calls: readonly FakeCall[]) =>
  calls.filter(({ method }) => method === 'PATCH').map(({ path }) => path.split('/').at(-2));
const attempt = (previous?: JsonObject) =>
  anAttempt({ target, ...(previous !== undefined && { attempt: 2, previous }) });

describe('variables of a ConfigMap', () => {
  it.each([
    ['OnDelete', { updateStrategy: { type: 'OnDelete' } }, []],
    ['partition', { updateStrategy: { rollingUpdate: { partition: 1 } } }, []],
    ['set in the template', {}, [{ name: 'POOL', value: '50' }]],
  ])('are not set where nothing would take them up: %s', async (why, spec, env) => {
    const data = { ttl: '86400' };
    const { cluster, calls } = world({ data, restart: 200, spec, env });
    await expect(applied(cluster, change(), attempt())).rejects.toThrow(why);
    expect(writes(calls)).toEqual([]);
  });

  it('go back where the restart is refused for good, and it is said', async () => {
    const data = { ttl: '86400' };
    const { cluster, calls } = world({ data, restart: 403 });
    await expect(applied(cluster, change(), attempt())).rejects.toMatchObject({
      type: 'PermissionDenied',
      message: expect.stringMatching(
        /no patch of statefulsets.*Nothing was changed: TTL 3600 → 86400, POOL 20 → unset in ConfigMap env again\.$/,
      ),
    });
    expect(data).toEqual({ ttl: '86400' });
    expect(writes(calls)).toEqual(['configmaps', 'statefulsets', 'configmaps']);
  });

  it('stay where the restart was made, whatever cannot be seen of it afterwards', async () => {
    const data = { ttl: '86400' };
    const { cluster } = world({ data, restart: 200, lists: 403 });
    expect(await applied(cluster, change(), attempt())).toMatchObject({
      status: 'applied',
      note: expect.stringMatching(/how it goes on could not be seen: .*no list/),
    });
    expect(data).toEqual({ ttl: '3600', pool: '20' });
  });

  it('go back by a later attempt, too, which finds that the workload takes no template any more', async () => {
    const data = { ttl: '3600', pool: '20' };
    const spec = { updateStrategy: { type: 'OnDelete' } };
    const { cluster } = world({ data, restart: 200, spec });
    const second = attempt({ sending: '2026-03-01T03:00:00.000Z' });
    await expect(applied(cluster, change(), second)).rejects.toThrow(/OnDelete.*Nothing was changed/);
    expect(data).toEqual({ ttl: '86400' });
  });

  it('stay where somebody else has set one of them since; then it is said that they are set', async () => {
    const data: Record<string, string> = { ttl: '86400' };
    const { cluster } = world({ data, restart: 403, meddled: true });
    await expect(applied(cluster, change(), attempt())).rejects.toThrow(
      /It could not be set back: TTL is 7200 there now.*pods that run have not taken it up.*rollout restart statefulset\/web$/,
    );
    expect(data).toEqual({ ttl: '7200', pool: '20' });
  });

  it('are not set to what went wrong again where the restart of an undo is refused', async () => {
    const data = { ttl: '86400' };
    const { cluster } = world({ data, restart: 403 });
    await expect(applied(cluster, change({ undoes: 'abcd2345/0' }), attempt())).rejects.toThrow(
      /is set in ConfigMap env, and pods that run have not taken it up/,
    );
    expect(data).toEqual({ ttl: '3600', pool: '20' });
  });

  it('that somebody else has set are theirs; an undo has pods to replace all the same', async () => {
    const there = () => ({ ttl: '3600', pool: '20' });
    const first = world({ data: there(), restart: 403 });
    expect(await applied(first.cluster, change(), attempt())).toMatchObject({ status: 'superseded' });
    expect(writes(first.calls)).toEqual([]);
    const undo = world({ data: there(), restart: 403 });
    await expect(applied(undo.cluster, change({ undoes: 'abcd2345/0' }), attempt())).rejects.toThrow();
    expect(writes(undo.calls)).toEqual(['statefulsets']);
  });
});
