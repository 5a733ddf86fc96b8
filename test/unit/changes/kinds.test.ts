import { describe, expect, it } from 'vitest';
import type { Applier, AppliersFor } from '../../../activities/adapter.js';
import {
  type Change,
  type ChangeDraft,
  type ChangeKind,
  changeHash,
  completeChange,
} from '../../../model/change.js';
import { planCacheClear } from '../../../model/changes/cache-clear.js';
import { planContainerRestart } from '../../../model/changes/container-restart.js';
import { planGcRun } from '../../../model/changes/gc-run.js';
import { dockerKinds, type GcRunParams } from '../../../model/changes/index.js';
import { planMemoryLimit } from '../../../model/changes/memory-limit.js';
import { planProcessRestart } from '../../../model/changes/process-restart.js';
import { planRestartPolicy } from '../../../model/changes/restart-policy.js';
import { planServiceDegrade } from '../../../model/changes/service-degrade.js';
import { planServiceRestart } from '../../../model/changes/service-restart.js';
import type { DockerLook } from '../../../model/container.js';
import type { JsonObject } from '../../../model/json.js';
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
  processLook,
  scope,
} from '../mem-001/looks.js';

const whole = (draft: ChangeDraft, look: DockerLook): Change => {
  const kind: ChangeKind<JsonObject, DockerLook> | undefined = Object.values(dockerKinds).find(
    (one) => one.kind === draft.kind,
  );
  if (kind === undefined) throw new Error(draft.kind);
  return completeChange(kind, draft, look, { id: 'abcd/1', remedy: 'r' });
};

/** Null, or why the change may not go ahead on that look. */
const refusal = (draft: ChangeDraft, planned: DockerLook, fresh: DockerLook): string | null => {
  const change = whole(draft, planned);
  const kind: ChangeKind<JsonObject, DockerLook> | undefined = Object.values(dockerKinds).find(
    (one) => one.kind === change.kind,
  );
  return kind === undefined ? 'no kind' : kind.precondition(change, fresh);
};

const look = containerLook({ settings: fullSettings });
const agent = look.details.container ?? container();
const cache = fullSettings.caches[0];
if (cache === undefined || fullSettings.degrade === undefined || fullSettings.gc === undefined)
  throw new Error('settings');
const { degrade, gc } = fullSettings;
const indexer = fullSettings.hostProcesses[0];
if (indexer === undefined) throw new Error('settings');

const drafts = {
  'cache.clear': planCacheClear(look, cache),
  'gc.run': planGcRun(look, gc, process()),
  'service.degrade': planServiceDegrade(look, degrade),
  'container.memoryLimit': planMemoryLimit({ ...agent, limitBytes: 256 * MiB }, 512 * MiB),
  'container.restart': planContainerRestart(agent, fullSettings.drain),
  'container.restartPolicy': planRestartPolicy({ ...agent, restartPolicy: 'no' }),
  'service.restart': planServiceRestart(scope, 'shop', [container('db'), agent], []),
} satisfies Record<string, ChangeDraft>;

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

describe('restarting a container', () => {
  const draft = drafts['container.restart'];
  const replica = (more = {}) =>
    container('agent-2', { composeProject: 'shop', composeService: 'agent', ...more });
  const withReplica = (more = {}) =>
    containerLook({
      container: { composeProject: 'shop', composeService: 'agent' },
      others: [replica(more)],
    });

  it('drains first, and keeps its own grace time', () => {
    const change = whole(draft, look);
    expect(change.command).toMatch(/^curl .*\/admin\/drain && docker restart --time 10 agent$/);
    expect(change.timeoutSeconds).toBe(10 + 60 + 30);
    expect(change.touches).toEqual([`${scope}/agent`]);
  });
  it('is an outage for the only one, and brief where another ready replica serves', () => {
    expect(whole(draft, containerLook()).disruption).toBe('outage');
    expect(whole(draft, withReplica())).toMatchObject({
      disruption: 'brief',
      disruptionWhy: '1 other ready replica serves meanwhile',
    });
  });
  it.each([
    ['unhealthy', { health: 'unhealthy' }],
    ['starting', { health: 'starting' }],
    ['stopped', { status: 'exited' }],
    ['paused', { paused: true }],
    ['restarting', { restarting: true }],
    ['of another service', { composeService: 'web' }],
    ['of another project', { composeProject: 'other' }],
    ['not read', { gap: 'timed out' }],
  ])('is an outage where the other replica is %s', (_what, more) => {
    expect(whole(draft, withReplica(more)).disruption).toBe('outage');
  });
  it('is data loss with a tmpfs, for a data service, and where sessions are in its memory', () => {
    const tmpfs = containerLook({ container: { tmpfsMounts: ['/work'] } });
    expect(whole(draft, tmpfs)).toMatchObject({ disruption: 'dataLoss' });
    expect(whole(draft, tmpfs).disruptionWhy).toContain('/work');
    expect(whole(draft, containerLook({ settings: { dataServices: ['agent'] } })).disruption).toBe(
      'dataLoss',
    );
    const sessions = {
      ...cache,
      name: 'sessions',
      disruption: 'dataLoss',
      harm: 'users are logged out',
    } as const;
    expect(whole(draft, containerLook({ settings: { caches: [sessions] } })).disruption).toBe('dataLoss');
  });
  it('says that its caches start cold, and when a tmpfs could not be looked for', () => {
    const unread = containerLook({ settings: fullSettings, container: { tmpfsMounts: undefined } });
    expect(whole(draft, unread).disruptionWhy).toMatch(/cold caches \(answers\).*tmpfs was not read/);
  });
  it('is taken for the worst where the container is not seen', () => {
    expect(
      whole(draft, containerLook({ details: { container: undefined, containers: [] } })).disruption,
    ).toBe('outage');
  });
  it('is still possible in a crash loop', () => {
    const looping = containerLook({ container: { startedAt: 'later', restartCount: 5 } });
    const down = containerLook({ container: { startedAt: 'later', restartCount: 1, status: 'exited' } });
    expect(refusal(draft, look, looping)).toBeNull();
    expect(refusal(draft, look, down)).toBeNull();
  });
  it('is refused where it was restarted meanwhile and has room again', () => {
    const relieved = containerLook({
      container: { startedAt: 'later', restartCount: 1, workingSetBytes: 60 * MiB },
    });
    expect(refusal(draft, look, relieved)).toMatch(/was restarted since this was planned and is at 23 %/);
    const full = containerLook({
      container: { startedAt: 'later', restartCount: 1, workingSetBytes: 250 * MiB },
    });
    expect(refusal(draft, look, full)).toBeNull();
  });
  it('on a host compares with its memory at planning', () => {
    const planned = hostLook(
      [container('fat', { workingSetBytes: 900 * MiB, limitBytes: undefined })],
      host(),
    );
    const fat = planned.details.containers[0] ?? container();
    const now = (bytes: number) =>
      hostLook(
        [container('fat', { workingSetBytes: bytes, limitBytes: undefined, startedAt: 'later' })],
        host(),
      );
    expect(refusal(planContainerRestart(fat, undefined), planned, now(100 * MiB))).toMatch(
      /uses 100 MiB now instead of 900 MiB/,
    );
    expect(refusal(planContainerRestart(fat, undefined), planned, now(890 * MiB))).toBeNull();
  });
});

describe('setting a restart policy', () => {
  const draft = drafts['container.restartPolicy'];
  const before = containerLook({ container: { restartPolicy: 'no' } });
  it('is one docker update, and its undo sets it back', () => {
    expect(whole(draft, before).command).toBe('docker update --restart=unless-stopped agent');
    const undo = dockerKinds['container.restartPolicy'].undo(
      { ...whole(draft, before), params: {} },
      undefined,
    );
    if ('none' in undo) throw new Error(undo.none);
    expect(whole(undo, before).command).toBe('docker update --restart=no agent');
    expect(refusal(undo, before, containerLook())).toBeNull();
    expect(refusal(undo, before, containerLook({ container: { restartPolicy: 'always' } }))).toMatch(
      /somebody else/,
    );
  });
  it('takes an empty policy for none', () => {
    expect(refusal(draft, before, containerLook({ container: { restartPolicy: '' } }))).toBeNull();
  });
  it.each([
    ['removed when it ends', { autoRemove: true }, /--rm/],
    ['run by an orchestrator', { orchestrator: 'swarm' }, /swarm/],
    ['made by compose run', { labels: { 'com.docker.compose.oneoff': 'True' } }, /one-shot/],
    ['ended well', { status: 'exited', exitCode: 0 }, /one-shot/],
  ])('is refused for a container that is %s', (_what, more, why) => {
    expect(refusal(draft, before, containerLook({ container: { restartPolicy: 'no', ...more } }))).toMatch(
      why,
    );
  });
  it('is refused for a container for whose end another one waits', () => {
    const waits = container('web', {
      composeProject: 'shop',
      labels: {
        'com.docker.compose.depends_on':
          'db:service_healthy:false,agent:service_completed_successfully:false',
      },
    });
    const own = { restartPolicy: 'no', composeProject: 'shop', composeService: 'agent' };
    expect(refusal(draft, before, containerLook({ container: own, others: [waits] }))).toMatch(/one-shot/);
  });
});

describe('restarting a host process', () => {
  const at = processLook();
  const own = at.details.hostProcess;
  if (own === undefined) throw new Error('no process');
  const draft = planProcessRestart(scope, indexer, own);
  it('runs the configured words without a shell, and shows them quoted', () => {
    expect(whole(draft, at)).toMatchObject({
      command: `systemctl restart 'in'\\''dexer'`,
      disruption: 'outage',
      object: { key: `${scope}/process:indexer`, uid: '900@55' },
    });
    expect(refusal(draft, at, at)).toBeNull();
  });
  it('is refused for another process, an ambiguous one, or another command', () => {
    const other = { ...own, startTicks: 56 };
    expect(refusal(draft, at, processLook({ details: { hostProcess: other, processes: [other] } }))).toMatch(
      /was restarted/,
    );
    const two = processLook({ details: { hostProcess: undefined, processes: [own, { ...own, pid: 901 }] } });
    expect(refusal(draft, at, two)).toMatch(/2 processes match/);
    const none = processLook({ details: { hostProcess: undefined, processes: [] } });
    expect(refusal(draft, at, none)).toMatch(/no process \/usr\/bin\/indexer/);
    const changed = processLook({ settings: { hostProcesses: [{ ...indexer, restartArgv: ['reboot'] }] } });
    expect(refusal(draft, at, changed)).toMatch(/configuration of indexer has changed/);
  });
});

describe('restarting a service', () => {
  const db = container('db');
  const both = containerLook({ others: [db] });
  const draft = planServiceRestart(scope, 'shop', [db, agent], [{ name: 'proxy', why: 'protected' }]);
  it('always asks, touches all of them, and goes in the given order', () => {
    const change = whole(draft, both);
    expect(change.alwaysAsk).toBe(true);
    expect(change.disruption).toBe('outage');
    expect(change.touches).toEqual([`${scope}/db`, `${scope}/agent`]);
    expect(change.sentence).toBe('Restart the service shop: db, then agent (not proxy)');
    expect(change.command).toBe('docker restart --time 10 db && docker restart --time 10 agent');
  });
  it('is data loss where one of them loses data', () => {
    const withTmpfs = containerLook({ others: [container('db', { tmpfsMounts: ['/data'] })] });
    expect(whole(draft, withTmpfs).disruption).toBe('dataLoss');
  });
  it('is refused as soon as one of them is gone or another one', () => {
    expect(refusal(draft, both, both)).toBeNull();
    expect(refusal(draft, both, containerLook())).toMatch(/db is not there/);
    expect(refusal(draft, both, containerLook({ others: [container('db', { id: 'x' })] }))).toMatch(
      /replaced/,
    );
  });
});
