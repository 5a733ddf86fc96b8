import { describe, expect, it } from 'vitest';
import type { Applier, AppliersFor } from '../../../activities/adapter.js';
import { changeHash } from '../../../model/change.js';
import { planCacheClear } from '../../../model/changes/cache-clear.js';
import { planGcRun } from '../../../model/changes/gc-run.js';
import { dockerKinds, type GcRunParams } from '../../../model/changes/index.js';
import { planMemoryLimit } from '../../../model/changes/memory-limit.js';
import {
  container,
  containerLook,
  endpoint,
  fullSettings,
  GiB,
  host,
  hostLook,
  MiB,
  process,
  scope,
} from '../mem-001/looks.js';
import { agent, cache, drafts, gc, look, refusal, whole } from './plans.js';

describe('every kind of change', () => {
  it('is listed under its own name', () => {
    for (const [name, kind] of Object.entries(dockerKinds)) expect(kind.kind).toBe(name);
  });

  it('has appliers whose parameters the compiler knows', () => {
    const applier: AppliersFor<typeof dockerKinds>['gc.run'] = async ({ params }) => {
      const known: GcRunParams = params;
      return { status: 'applied', at: '', note: known.via, details: {} };
    };
    const same: Applier<GcRunParams> = applier;
    expect(same).toBe(applier);
  });

  it.each(Object.entries(drafts))(
    '%s survives JSON, and says what it does and how by hand',
    (_name, draft) => {
      const change = whole(draft, look);
      expect(JSON.parse(JSON.stringify(change))).toEqual(change);
      expect(change.sentence.length).toBeGreaterThan(5);
      expect(change.command).toMatch(/curl|docker|node/);
      expect(change.disruptionWhy).not.toBe('');
      expect(change.timeoutSeconds).toBeGreaterThan(0);
    },
  );

  it.each(Object.entries(drafts))('%s is not voided by a start time or a measurement', (_name, draft) => {
    expect(changeHash({ ...draft, fresh: { startedAt: 'later', pid: 1 } })).toBe(changeHash(draft));
  });

  it.each(Object.entries(drafts))('%s is another change for another container', (_name, draft) => {
    expect(changeHash({ ...draft, object: { ...draft.object, uid: 'x' } })).not.toBe(changeHash(draft));
  });

  it.each(Object.entries(drafts).filter(([, { kind }]) => kind !== 'service.restart'))(
    '%s is refused for a container that is gone, replaced, paused or unread',
    (name, draft) => {
      const now = (more: Parameters<typeof container>[1]) =>
        containerLook({ settings: fullSettings, container: more });
      const gone = containerLook({
        settings: fullSettings,
        details: { container: undefined, containers: [] },
      });
      expect(refusal(draft, look, gone)).toMatch(/not there any more/);
      expect(refusal(draft, look, now({ id: 'other' })), name).toMatch(/replaced/);
      expect(refusal(draft, look, now({ paused: true, status: 'paused' })), name).toMatch(/paused/);
      expect(refusal(draft, look, now({ gap: 'timed out' })), name).toMatch(/timed out/);
    },
  );
});

describe('clearing a cache', () => {
  const draft = drafts['cache.clear'];
  it('disrupts as its configuration says', () => {
    expect(whole(draft, look).disruption).toBe('none');
    const sessions = {
      ...cache,
      name: 'sessions',
      disruption: 'dataLoss',
      harm: 'users are logged out',
    } as const;
    expect(whole(planCacheClear(look, sessions), look)).toMatchObject({
      disruption: 'dataLoss',
      disruptionWhy: 'users are logged out',
    });
  });
  it('shows no secret, neither of the bearer token nor in the address', () => {
    const secret = { ...cache, endpoint: endpoint('/x', { url: 'http://me:pass@host/x?a=1&b=2' }) };
    expect(whole(planCacheClear(look, secret), look).command).toBe(
      `curl -fsS -X POST --max-time 5 -H "Authorization: Bearer $TOKEN" 'http://host/x?a=1&b=2'`,
    );
  });
  it('goes ahead where nothing has changed', () => {
    expect(refusal(draft, look, look)).toBeNull();
  });
  it('is refused when its container does not run', () => {
    const exited = containerLook({ settings: fullSettings, container: { status: 'exited' } });
    expect(refusal(draft, look, exited)).toMatch(/is exited, not running/);
  });
  it('is refused when the configuration has changed since', () => {
    expect(refusal(draft, look, containerLook())).toMatch(/configuration of the cache answers has changed/);
    const other = { ...cache, endpoint: endpoint('/other') };
    expect(refusal(draft, look, containerLook({ settings: { ...fullSettings, caches: [other] } }))).toMatch(
      /changed/,
    );
  });
  it('on a host touches the container that the configuration names', () => {
    const onHost = hostLook([container()], host(), { settings: fullSettings });
    expect(planCacheClear(onHost, cache).object).toMatchObject({
      key: `${scope}/agent`,
      uid: 'agent-id-0123456789',
    });
    expect(refusal(planCacheClear(onHost, cache), onHost, onHost)).toBeNull();
  });
});

describe('collecting garbage', () => {
  const draft = drafts['gc.run'];
  it('is no disruption for a small process, a brief one for a large or unknown one', () => {
    expect(whole(draft, look).disruption).toBe('none');
    expect(whole(planGcRun(look, gc, process({ rssBytes: 3 * GiB })), look).disruption).toBe('brief');
    expect(whole({ ...draft, fresh: { pid: 1, startTicks: 2 } }, look).disruption).toBe('brief');
  });
  it('is refused for another process than the one that was planned for', () => {
    const now = (gcProcess: ReturnType<typeof process> | undefined) =>
      containerLook({ settings: fullSettings, details: { gcProcess, gcProcessGap: '2 processes match' } });
    expect(refusal(draft, look, now(process()))).toBeNull();
    expect(refusal(draft, look, now(process({ pid: 5000 })))).toMatch(/started anew/);
    expect(refusal(draft, look, now(process({ startTicks: 1 })))).toMatch(/started anew/);
    expect(refusal(draft, look, now(process({ executable: '/bin/sh' })))).toMatch(/is \/bin\/sh, not node/);
    expect(refusal(draft, look, now(undefined))).toMatch(/2 processes match/);
  });
  it('by jcmd and by the inspector can be done by hand too', () => {
    const node = { runtime: 'node', executable: 'node' } as const;
    const jvm = { runtime: 'jvm', executable: 'java' } as const;
    expect(
      whole(planGcRun(look, { via: 'jcmd', jcmd: '/opt/my jdk/jcmd', process: jvm }, process()), look)
        .command,
    ).toBe("'/opt/my jdk/jcmd' 4711 GC.run");
    const inspected = planGcRun(
      look,
      { via: 'node-inspector', host: '127.0.0.1', port: 9229, process: node },
      process(),
    );
    expect(whole(inspected, look).command).toMatch(
      /^node --experimental-websocket -e '.*HeapProfiler\.collectGarbage.*'$/,
    );
  });
});

describe('degrading the service', () => {
  const draft = drafts['service.degrade'];
  it('is temporary, and undone by the same kind the other way round', () => {
    const change = whole(draft, look);
    expect(change.temporary).toBe(true);
    const undo = dockerKinds['service.degrade'].undo({ ...change, params: draft.params }, undefined);
    if ('none' in undo) throw new Error(undo.none);
    expect(undo.fields).toEqual([{ name: 'features', before: 'off', after: 'on' }]);
    expect(undo.params).toMatchObject({ call: { body: '{"enabled":false}' } });
    expect(whole(undo, look).sentence).toBe('Switch long context of agent on again');
    expect(whole(undo, look).command).toContain(`-d '{"enabled":false}'`);
    expect(
      dockerKinds['service.degrade'].undo({ ...whole(undo, look), params: draft.params }, undefined),
    ).toHaveProperty('none');
  });
});

describe('setting a memory limit', () => {
  const draft = drafts['container.memoryLimit'];
  const kind = dockerKinds['container.memoryLimit'];
  const raised = { limitBytes: 512 * MiB, memorySwapBytes: 512 * MiB };
  const undo = kind.undo({ ...whole(draft, look), params: {} }, undefined);
  if ('none' in undo) throw new Error(undo.none);

  it('is one docker update of memory and swap together', () => {
    expect(whole(draft, look)).toMatchObject({
      sentence: 'Raise the memory limit of container agent from 256 MiB to 512 MiB',
      command: `docker update --memory ${512 * MiB} --memory-swap ${512 * MiB} agent`,
      disruption: 'none',
    });
  });
  it.each([
    ['no swap on top', 256 * MiB, 512 * MiB],
    ['as much swap on top as before', 384 * MiB, 640 * MiB],
  ])('keeps %s', (_what, before, after) => {
    const { fields } = planMemoryLimit(
      { ...agent, limitBytes: 256 * MiB, memorySwapBytes: before },
      512 * MiB,
    );
    expect(fields[1]).toEqual({ name: 'memorySwapBytes', before, after });
  });
  it.each([undefined, -1])('leaves a swap limit of %s alone', (memorySwapBytes) => {
    const { fields } = planMemoryLimit({ ...agent, limitBytes: 256 * MiB, memorySwapBytes }, 512 * MiB);
    expect(fields.map(({ name }) => name)).toEqual(['memoryBytes']);
  });
  it('is refused without the room on the host, and where the room is not known', () => {
    const tight = containerLook({ details: { host: host({ memAvailableBytes: 100 * MiB }) } });
    expect(refusal(draft, look, look)).toBeNull();
    expect(refusal(draft, look, tight)).toMatch(/only 100 MiB available/);
    const blind = containerLook({ details: { host: undefined, hostGap: 'a remote engine' } });
    expect(refusal(draft, look, blind)).toMatch(/a remote engine/);
  });
  it('is refused where somebody else has set a limit, and not where it is done already', () => {
    expect(refusal(draft, look, containerLook({ container: { limitBytes: 300 * MiB } }))).toMatch(
      /somebody else/,
    );
    expect(refusal(draft, look, containerLook({ container: { limitBytes: undefined } }))).toMatch(
      /not set now/,
    );
    const done = containerLook({ container: raised, details: { host: host({ memAvailableBytes: MiB }) } });
    expect(refusal(draft, look, done)).toBeNull();
  });
  it.each([
    ['15 % below the old limit', 217, null],
    ['too near it', 218, /the limit stays/],
    ['above it', 300, /the limit stays/],
  ])('is undone only when use is well below: %s', (_what, used, expected) => {
    const now = containerLook({ container: { ...raised, workingSetBytes: used * MiB } });
    const answer = refusal(undo, now, now);
    if (expected === null) expect(answer).toBeNull();
    else expect(answer).toMatch(expected);
    expect(whole(undo, now).disruption).toBe(expected === null ? 'none' : 'outage');
  });
  it('is not undone where use is not known, but shown with its command', () => {
    const now = containerLook({ container: { ...raised, workingSetBytes: undefined } });
    expect(refusal(undo, now, now)).toMatch(/not known/);
    expect(whole(undo, now).command).toBe(
      `docker update --memory ${256 * MiB} --memory-swap ${256 * MiB} agent`,
    );
    expect(whole(undo, now).sentence).toMatch(/^Lower/);
  });
});
