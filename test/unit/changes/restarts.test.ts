import { describe, expect, it } from 'vitest';
import { planContainerRestart } from '../../../model/changes/container-restart.js';
import { dockerKinds } from '../../../model/changes/index.js';
import { planProcessRestart } from '../../../model/changes/process-restart.js';
import { planServiceRestart } from '../../../model/changes/service-restart.js';
import {
  container,
  containerLook,
  fullSettings,
  host,
  hostLook,
  MiB,
  processLook,
  scope,
} from '../mem-001/looks.js';
import { agent, cache, drafts, indexer, look, refusal, whole } from './plans.js';

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
