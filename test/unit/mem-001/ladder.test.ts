import { describe, expect, it } from 'vitest';
import { type ChangeKind, completeChange } from '../../../model/change.js';
import { dockerKinds } from '../../../model/changes/index.js';
import type { ContainerSettings, DockerLook } from '../../../model/container.js';
import type { Cause, Diagnosis } from '../../../model/diagnosis.js';
import type { JsonObject } from '../../../model/json.js';
import type { Proposal } from '../../../model/runbook.js';
import { diagnose } from '../../../workflows/runbooks/mem-001/diagnosis.js';
import { mem001 } from '../../../workflows/runbooks/mem-001/index.js';
import {
  container,
  containerLook,
  endpoint,
  fullSettings,
  GiB,
  host,
  hostLook,
  kill,
  MiB,
  process,
  processLook,
} from './looks.js';

const cause = (name: string): Cause => ({
  name,
  summary: `${name}.`,
  weight: 0.6,
  evidenceFor: ['x'],
  evidenceAgainst: [],
});
const because = (...names: string[]): Diagnosis => ({
  level: 'critical',
  levelWhy: 'x',
  causes: names.map(cause),
});

const propose = (rung: string, look: DockerLook, diagnosis: Diagnosis = because('leak')): Proposal => {
  const remedy = mem001.ladder.find(({ name }) => name === rung);
  if (remedy === undefined) throw new Error(`no rung ${rung}`);
  return remedy.propose(look, diagnosis);
};
const changes = (...given: Parameters<typeof propose>) => {
  const proposal = propose(...given);
  if ('skip' in proposal) throw new Error(`skipped: ${proposal.skip}`);
  return proposal.changes;
};
const skip = (...given: Parameters<typeof propose>): string => {
  const proposal = propose(...given);
  return 'skip' in proposal ? proposal.skip : `not skipped: ${JSON.stringify(proposal.changes)}`;
};

const full = (parts: Parameters<typeof containerLook>[0] = {}) =>
  containerLook({ ...parts, settings: { ...fullSettings, ...parts.settings } });
const high = { workingSetBytes: 240 * MiB };
const sessions: ContainerSettings['caches'][number] = {
  name: 'sessions',
  endpoint: endpoint('/admin/clear-sessions'),
  disruption: 'dataLoss',
  harm: 'users are logged out',
};

describe('the ladder of MEM-001', () => {
  it('goes from the gentlest to the worst', () => {
    expect(mem001.ladder.map(({ name }) => name)).toEqual([
      'clear-caches',
      'collect-garbage',
      'degrade-service',
      'raise-limit',
      'restart-container',
      'set-restart-policy',
      'restart-process',
      'clear-harmful-caches',
      'restart-service',
    ]);
  });

  it('never offers a change of a kind that it does not have, and each fits its kind', () => {
    const looks = [full({ container: high }), processLook(), hostLook([container('agent', high)], host())];
    for (const look of looks)
      for (const remedy of mem001.ladder) {
        const proposal = remedy.propose(look, diagnose(look, []));
        if ('skip' in proposal) {
          expect(proposal.skip.length, remedy.name).toBeGreaterThan(10);
          continue;
        }
        for (const draft of proposal.changes) {
          const kind: ChangeKind<JsonObject, DockerLook> | undefined = mem001.changeKinds.find(
            (one) => one.kind === draft.kind,
          );
          if (kind === undefined) throw new Error(draft.kind);
          const change = completeChange(kind, draft, look, { id: 'a/1', remedy: remedy.name });
          expect(kind.precondition(change, look), `${remedy.name} on what it was planned for`).toBeNull();
        }
      }
  });

  it('has only changes without disruption before the limit is raised', () => {
    const look = full({ container: high });
    for (const rung of ['clear-caches', 'collect-garbage', 'degrade-service'])
      for (const draft of changes(rung, look)) {
        const kind: ChangeKind<JsonObject, DockerLook> | undefined = Object.values(dockerKinds).find(
          (one) => one.kind === draft.kind,
        );
        expect(kind?.disruption(draft, look).disruption).toBe('none');
      }
  });

  it.each(['clear-caches', 'collect-garbage', 'degrade-service', 'clear-harmful-caches'])(
    '%s calls nothing in a container that is down or paused',
    (rung) => {
      const settings = { caches: [...fullSettings.caches, sessions] };
      expect(skip(rung, full({ settings, container: { status: 'exited' } }))).toMatch(/agent is exited/);
      expect(skip(rung, full({ settings, container: { paused: true, status: 'paused' } }))).toMatch(
        /agent is paused/,
      );
    },
  );

  it.each([
    ['clear-caches', /caches: in nightshift.yaml/],
    ['collect-garbage', /gc: in nightshift.yaml/],
    ['degrade-service', /degrade: in nightshift.yaml/],
    ['restart-service', /service: in nightshift.yaml/],
    ['set-restart-policy', /only recommended/],
    ['clear-harmful-caches', /no cache is configured/],
  ])('%s says what to configure where nothing is', (rung, why) => {
    expect(skip(rung, containerLook({ container: high }))).toMatch(why);
  });
});

describe('clearing caches', () => {
  it('takes the harmless ones first, and leaves what loses data to its own rung', () => {
    const slow = {
      ...sessions,
      name: 'models',
      disruption: 'brief',
      harm: 'first answers are slow',
    } as const;
    const look = full({ settings: { caches: [sessions, slow, ...fullSettings.caches] } });
    expect(changes('clear-caches', look).map(({ params }) => params.cache)).toEqual(['answers', 'models']);
    expect(changes('clear-harmful-caches', look).map(({ params }) => params.cache)).toEqual(['sessions']);
    expect(skip('clear-caches', full({ settings: { caches: [sessions] } }))).toMatch(/would lose data/);
  });
  it('does not bother an app whose only cache is empty', () => {
    const app = { agent_cache_items: 0, agent_cache_bytes: 0 };
    expect(skip('clear-caches', full({ details: { app } }))).toMatch(/cache is empty/);
  });
});

describe('collecting garbage', () => {
  it('is skipped where the process can not be told', () => {
    const look = full({ details: { gcProcess: undefined, gcProcessGap: '2 processes match node' } });
    expect(skip('collect-garbage', look)).toMatch(/2 processes match node/);
  });
});

describe('degrading the service', () => {
  it('leaves alone what somebody has switched off already', () => {
    expect(skip('degrade-service', full({ details: { app: { agent_degraded: 1 } } }))).toMatch(/off already/);
  });
});

describe('raising the limit', () => {
  const tight = because('limit-too-small');
  const raisedTo = (look: DockerLook) => changes('raise-limit', look, tight)[0]?.fields[0]?.after;

  it('makes the use 70 % of the limit', () => {
    expect(raisedTo(full({ container: { workingSetBytes: 210 * MiB } }))).toBe(300 * MiB);
  });
  it('counts a peak that was killed for more', () => {
    expect(raisedTo(full({ container: high, details: { oomKills: [kill()] } }))).toBe(
      Math.ceil((256 * 1.25) / 0.7) * MiB,
    );
  });
  it('stays below what the configuration allows', () => {
    expect(raisedTo(full({ container: high, settings: { maxMemoryBytes: 300 * MiB } }))).toBe(300 * MiB);
    expect(
      skip('raise-limit', full({ container: high, settings: { maxMemoryBytes: 260 * MiB } }), tight),
    ).toMatch(/configuration allows 260 MiB/);
    expect(skip('raise-limit', full({ settings: { maxMemoryBytes: undefined } }), tight)).toMatch(
      /maxMemory:/,
    );
  });
  it('leaves a tenth of the host free', () => {
    const room = (available: number) =>
      full({
        container: high,
        details: { host: host({ memTotalBytes: GiB, memAvailableBytes: available * MiB }) },
      });
    expect(raisedTo(room(102.4 + 50))).toBe(306 * MiB);
    expect(skip('raise-limit', room(110), tight)).toMatch(/only 110 MiB available/);
    const blind = full({ container: high, details: { host: undefined, hostGap: 'a remote engine' } });
    expect(skip('raise-limit', blind, tight)).toMatch(/a remote engine/);
  });
  it('looks at fixed heap flags first', () => {
    const fixed = full({ container: { ...high, heapFlags: ['--max-old-space-size=128'] } });
    expect(skip('raise-limit', fixed, tight)).toMatch(/heap is fixed at 128 MiB.*max-old-space-size=128/);
    const wide = full({ container: { ...high, heapFlags: ['-Xmx384m'] } });
    expect(raisedTo(wide)).toBe(512 * MiB);
  });
  it('is never the answer to a leak, or to anything but a limit too small', () => {
    expect(skip('raise-limit', full({ container: high }), because('leak', 'limit-too-small'))).toMatch(
      /leak would fill/,
    );
    expect(skip('raise-limit', full({ container: high }), because('cache-too-large'))).toMatch(
      /cache-too-large/,
    );
    expect(skip('raise-limit', full({ container: high }), because())).toMatch(/not shown/);
    expect(skip('raise-limit', full({ container: { limitBytes: undefined } }), tight)).toMatch(
      /no limit of its own/,
    );
  });
});

describe('restarting a container', () => {
  const big = host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.4 * GiB });
  const fat = container('fat', { workingSetBytes: 2 * GiB, limitBytes: undefined });

  it('restarts the target with its own grace time, after draining it', () => {
    const [draft] = changes('restart-container', full({ container: high }));
    expect(draft).toMatchObject({
      object: { name: 'agent' },
      params: { stopTimeoutSeconds: 10, stopSignal: 'SIGTERM' },
    });
    expect(draft?.params.drain).toBeDefined();
  });
  it('starts one again that was killed and is down', () => {
    expect(
      changes('restart-container', full({ container: { status: 'exited', exitCode: 137 } })),
    ).toHaveLength(1);
  });
  it('leaves protected and paused ones alone', () => {
    expect(skip('restart-container', full({ container: { protected: 'its Temporal' } }))).toMatch(
      /protected: its Temporal/,
    );
    expect(skip('restart-container', full({ container: { paused: true } }))).toMatch(/on purpose/);
  });
  it('does not restart what honest load fills', () => {
    expect(skip('restart-container', full(), because('traffic-peak'))).toMatch(/busy, not leaking/);
    expect(skip('restart-service', full(), because('traffic-peak'))).toMatch(/busy, not leaking/);
    const killed = full({ details: { oomKills: [kill()] } });
    expect(changes('restart-container', killed, because('traffic-peak'))).toHaveLength(1);
  });
  it('on a host takes the bloated one, without the drain call of another', () => {
    const look = hostLook([fat, container()], big, { settings: fullSettings });
    const [draft] = changes('restart-container', look, diagnose(look, []));
    expect(draft?.object.name).toBe('fat');
    expect(draft?.params.drain).toBeUndefined();
  });
  it('on a host takes the next one where the largest is protected, and names those spared where there is none', () => {
    const db = container('db', { workingSetBytes: 2.5 * GiB, limitBytes: undefined });
    const look = hostLook([db, { ...fat, workingSetBytes: 0.5 * GiB }], big, {
      settings: { dataServices: ['db'] },
    });
    expect(changes('restart-container', look, diagnose(look, []))[0]?.object.name).toBe('fat');
    const alone = hostLook([db, container('slim', { workingSetBytes: 10 * MiB })], big, {
      settings: { dataServices: ['db'] },
    });
    expect(skip('restart-container', alone, diagnose(alone, []))).toMatch(
      /spared: db \(2.5 GiB, a data service\)/,
    );
  });
  it('on a host restarts nothing for memory that is in tmpfs', () => {
    const tmpfs = {
      containers: 0.5 * GiB,
      processes: 0,
      tmpfs: 3 * GiB,
      slab: 0,
      hugePages: 0,
      kernel: 0,
      unexplained: 0,
    };
    const look = hostLook(
      [container('web', { workingSetBytes: 380 * MiB })],
      host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.3 * GiB, reconciled: tmpfs }),
    );
    expect(skip('restart-container', look, diagnose(look, []))).toMatch(/would give back 380 MiB at most/);
  });
  it('on a host does nothing where its memory could not be bound to the engine', () => {
    const look = hostLook([fat], big, { details: { host: undefined, hostGap: 'another machine' } });
    expect(skip('restart-container', look)).toMatch(/nothing is done host-wide: another machine/);
    expect(skip('restart-process', { ...look, settings: fullSettings })).toMatch(/nothing is done host-wide/);
  });
});

describe('setting a restart policy', () => {
  it('sets it where it is missing and wanted', () => {
    expect(
      changes('set-restart-policy', full({ container: { restartPolicy: 'no' } }))[0]?.fields[0]?.after,
    ).toBe('unless-stopped');
    expect(skip('set-restart-policy', full())).toMatch(/already \(unless-stopped\)/);
    expect(skip('set-restart-policy', full({ container: { restartPolicy: '', autoRemove: true } }))).toMatch(
      /--rm/,
    );
  });
});

describe('restarting a host process', () => {
  const indexer = process({
    pid: 900,
    startTicks: 55,
    executable: '/usr/bin/indexer',
    rssBytes: 2 * GiB,
    containerId: undefined,
  });
  const big = host({ memTotalBytes: 4 * GiB, memAvailableBytes: 0.4 * GiB });
  const at = (one: ReturnType<typeof process>) =>
    hostLook([], big, { settings: fullSettings, details: { processes: [one] } });

  it('takes the configured command for the target, and for the bloated one of a host', () => {
    expect(changes('restart-process', processLook())[0]?.params.argv).toEqual([
      'systemctl',
      'restart',
      "in'dexer",
    ]);
    expect(changes('restart-process', at(indexer), diagnose(at(indexer), []))[0]?.object.key).toBe(
      'docker/local/process:indexer',
    );
  });
  it('restarts nothing that has no command of its own', () => {
    const other = at({ ...indexer, executable: '/usr/bin/postgres' });
    expect(skip('restart-process', other, diagnose(other, []))).toMatch(/postgres.*no command is configured/);
    expect(
      skip(
        'restart-process',
        at({ ...indexer, rssBytes: MiB }),
        diagnose(at({ ...indexer, rssBytes: MiB }), []),
      ),
    ).toMatch(/no process outside/);
    expect(skip('restart-process', containerLook())).toMatch(/target is a container/);
    expect(skip('restart-process', processLook({ settings: { hostProcesses: [] } }))).toMatch(
      /hostProcesses: in nightshift.yaml/,
    );
  });
});

describe('restarting the service', () => {
  const member = (name: string, more = {}) =>
    container(name, { composeProject: 'shop', composeService: name, ...more });
  const own = { composeProject: 'shop', composeService: 'agent', dependsOn: ['queue'] };

  it('takes the containers of the project in dependency order, and says what it leaves out', () => {
    const look = full({
      container: own,
      others: [
        member('queue'),
        member('db'),
        member('guard', { protected: 'its monitoring' }),
        member('migrate', { labels: { 'com.docker.compose.oneoff': 'True' } }),
        container('stranger', { composeProject: 'other' }),
      ],
    });
    expect(changes('restart-service', look)[0]?.params).toMatchObject({
      containers: [{ name: 'queue' }, { name: 'agent' }],
      leftOut: [
        { name: 'db', why: 'a data service' },
        { name: 'guard', why: 'protected: its monitoring' },
        { name: 'migrate', why: 'a one-shot container' },
      ],
    });
  });
  it('finds them by label too, with or without a value, and keeps the configured order', () => {
    const labelled = (name: string, tier: string) => container(name, { labels: { tier } });
    const look = (label: string) =>
      full({
        others: [labelled('a', 'web'), labelled('b', 'web'), labelled('c', 'jobs')],
        settings: { service: { label, order: ['b'] } },
      });
    const names = (label: string) =>
      changes('restart-service', look(label)).flatMap(({ params }) =>
        JSON.stringify(params.containers).match(/"name":"(\w+)"/g),
      );
    expect(names('tier=web')).toEqual(['"name":"b"', '"name":"a"']);
    expect(names('tier')).toHaveLength(3);
  });
  it('is skipped for a service of one container, and of none', () => {
    expect(skip('restart-service', full({ container: own }))).toMatch(/has only this container/);
    expect(skip('restart-service', full())).toMatch(/no container that may be restarted/);
  });
});
