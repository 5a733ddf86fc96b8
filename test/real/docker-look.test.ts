import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { connectDocker } from '../../activities/docker/client.js';
import { createHostReader } from '../../activities/host/reader.js';
import { isGap } from '../../model/evidence.js';
import { aMinuteAgo, contextSince, dockerKit, emptySettings, output, until } from './docker-kit.js';

const url = process.env.DOCKER_HOST;
const MiB = 1024 * 1024;

const idle = 'console.log("up"); setInterval(() => {}, 1000)';
const holding = (mebibytes: number): string =>
  `globalThis.kept = Buffer.alloc(${mebibytes} * 1024 * 1024, 1); ${idle}`;
/** Children that eat memory until the kernel ends them; each end is told, which counts them from outside. */
const eatingChildren = (count: number): string => `
  const { spawnSync } = require('child_process');
  for (let i = 0; i < ${count}; i++) {
    const { signal } = spawnSync('node', ['-e', 'const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 20)']);
    console.log('a child ended by ' + signal);
  }
  ${idle}`;

if (!url && process.env.CI) {
  test('a look at a real engine', () => {
    throw new Error('DOCKER_HOST is not set: scripts/ starts an engine and sets it (npm test)');
  });
}

describe.skipIf(!url)('a look at a real Docker engine (DOCKER_HOST)', () => {
  const kit = dockerKit(url ?? 'unix:///nowhere');
  const adapter = kit.adapter();
  const look = (short: string, settings = {}, context = aMinuteAgo()) =>
    adapter.read(kit.target(short), { ...emptySettings, ...settings }, context);

  test('a container with a limit is measured by its working set against that limit', async () => {
    const container = await kit.run(
      'limited',
      holding(60),
      {
        HostConfig: {
          Memory: 160 * MiB,
          MemoryReservation: 80 * MiB,
          MemorySwap: 200 * MiB,
          Tmpfs: { '/scratch': '' },
          RestartPolicy: { Name: 'unless-stopped' },
        },
        StopSignal: 'SIGINT',
        StopTimeout: 7,
        Env: ['NODE_OPTIONS=--max-semi-space-size=16', 'API_KEY=hunter2'],
      },
      ['--max-old-space-size=90'],
    );
    await until('it holds its memory', async () => (await output(container)).includes('up'));
    const seen = await look('limited');
    expect(seen.identity).toMatchObject({ uid: container.id, name: kit.name('limited') });
    expect(seen.measure?.limit).toBe(160 * MiB);
    expect(seen.measure?.against).toBe('its own limit');
    expect(seen.measure?.used).toBeGreaterThan(60 * MiB);
    expect(seen.measure?.used).toBeLessThan(130 * MiB);
    expect(seen.healthy).toBe(true);
    expect(seen.details.container).toMatchObject({
      reservationBytes: 80 * MiB,
      memorySwapBytes: 200 * MiB,
      restartPolicy: 'unless-stopped',
      stopSignal: 'SIGINT',
      stopTimeoutSeconds: 7,
      heapFlags: ['--max-old-space-size=90'],
      tmpfsMounts: ['/scratch'],
      oomKills: 0,
    });
    expect(seen.details.processes[0]).toMatchObject({ executable: '/usr/local/bin/node', user: 'root' });
    expect(seen.details.processes[0]?.rssBytes).toBeGreaterThan(60 * MiB);
    expect(JSON.stringify(seen)).not.toContain('hunter2');
  });

  test('the working set is the one that `docker stats` shows', async () => {
    const shown = await promisify(execFile)('docker', [
      ...['-H', url ?? '', 'stats', '--no-stream', '--format', '{{.MemUsage}}', kit.name('limited')],
    ]);
    const mebibytes = Number(/^([\d.]+)MiB/.exec(shown.stdout)?.[1]);
    const used = (await look('limited')).measure?.used ?? 0;
    expect(Math.abs(used / MiB - mebibytes)).toBeLessThan(3);
  });

  test('a container without a limit is measured against its host', async () => {
    await kit.run('unlimited', holding(10));
    const seen = await look('unlimited');
    const meminfo = await readFile('/proc/meminfo', 'utf8');
    expect(seen.measure?.against).toBe('the host (no limit of its own)');
    expect(seen.measure?.limit).toBe(Number(/^MemTotal:\s+(\d+)/.exec(meminfo)?.[1]) * 1024);
    expect(seen.details.container?.limitBytes).toBeUndefined();
  });

  test('a paused container is unhealthy, and its memory is still read', async () => {
    const container = await kit.run('paused', holding(20), { HostConfig: { Memory: 100 * MiB } });
    await until('it holds its memory', async () => (await output(container)).includes('up'));
    await container.pause();
    const seen = await look('paused');
    expect(seen).toMatchObject({ healthy: false, healthNote: 'it is paused' });
    expect(seen.details.container?.paused).toBe(true);
    expect(seen.measure?.used).toBeGreaterThan(20 * MiB);
    await container.unpause();
  });

  test('a crash loop is seen as one, and is no blindness', async () => {
    await kit.run('looping', 'process.exit(3)', {
      HostConfig: { Memory: 50 * MiB, RestartPolicy: { Name: 'always', MaximumRetryCount: 0 } },
    });
    await until('it has restarted twice', async () => {
      const { RestartCount } = await kit.docker.getContainer(kit.name('looping')).inspect();
      return RestartCount >= 2;
    });
    await until('it waits for its next start', async () => {
      const { State } = await kit.docker.getContainer(kit.name('looping')).inspect();
      return State.Restarting;
    });
    const seen = await look('looping');
    expect(seen.healthy).toBe(false);
    expect(seen.measure?.used).toBeLessThan(50 * MiB);
    expect(seen.details.container?.restartCount).toBeGreaterThanOrEqual(2);
    expect(seen.kills).toBe(0);
    expect(seen.details.oomKills).toEqual([]);
    await kit.docker.getContainer(kit.name('looping')).stop();
  });

  test('each OOM kill of a main process is one kill, whatever the number of its witnesses', async () => {
    const began = new Date();
    const container = await kit.run(
      'killed',
      'const a = []; setInterval(() => a.push(Buffer.alloc(2e7, 1)), 50)',
      {
        HostConfig: {
          Memory: 40 * MiB,
          MemorySwap: 40 * MiB,
          RestartPolicy: { Name: 'on-failure', MaximumRetryCount: 2 },
        },
      },
    );
    await until('it has been given up', async () => {
      const { State, RestartCount } = await container.inspect();
      return !State.Running && !State.Restarting && RestartCount === 2;
    });
    const seen = await look('killed', {}, contextSince(began));
    // Started three times, each life ended by the kernel.
    expect(seen.kills).toBe(3);
    expect(seen.details.oomKills).toHaveLength(3);
    for (const kill of seen.details.oomKills) {
      expect(kill).toMatchObject({ containerId: container.id, process: 'node', recent: true });
      expect(kill.witnesses).toEqual(expect.arrayContaining(['kernel log', 'docker event', 'exit code 137']));
    }
    expect(seen.details.oomKills[0]?.witnesses).toContain('restart count');
    expect(seen.details.oomKills[2]?.witnesses).toContain('State.OOMKilled');
    expect(seen).toMatchObject({ healthy: false, measure: { used: 0 } });
    expect(
      (await look('killed', {}, contextSince(new Date()))).details.oomKills.every(({ recent }) => !recent),
    ).toBe(true);
  });

  test('kills of children are counted, as many as the app itself has seen, and not lost by a restart', async () => {
    const container = await kit.run('parent', eatingChildren(2), {
      HostConfig: { Memory: 80 * MiB, MemorySwap: 80 * MiB },
    });
    await until('both are dead', async () => (await output(container)).includes('up'));
    expect((await output(container)).match(/ended by SIGKILL/g)).toHaveLength(2);
    const before = await look('parent');
    expect(before.kills).toBe(2);
    expect(before.details.container?.oomKills).toBe(2);
    expect(before.details.oomKills.every(({ witnesses }) => witnesses.includes('cgroup counter'))).toBe(true);
    await container.restart({ t: 0 });
    await until(
      'two more are dead',
      async () => (await output(container)).split('ended by SIGKILL').length === 5,
    );
    expect((await look('parent')).kills).toBe(4);
    const { id } = container;
    const sample = await adapter.sample(kit.target('parent'), emptySettings, aMinuteAgo());
    expect(sample).toMatchObject({ kills: 4, healthy: true, id, limit: 80 * MiB });
    expect(sample.used).toBeGreaterThan(0);
  });

  test('docker kill, which also exits with 137, is no OOM kill', async () => {
    const container = await kit.run('shot', idle, { HostConfig: { Memory: 100 * MiB } });
    await container.kill();
    await until('it has ended', async () => !(await container.inspect()).State.Running);
    const seen = await look('shot');
    expect(seen.details.container?.exitCode).toBe(137);
    expect(seen.details.oomKills).toEqual([]);
    expect(seen.kills).toBe(0);
  });

  test('tmpfs is told apart from processes, in the container and on the host', async () => {
    const host = { key: 'docker/local', kind: 'host', scope: 'docker/local' };
    const before = await adapter.read(host, emptySettings, aMinuteAgo());
    const container = await kit.run(
      'tmpfs',
      `require('fs').writeFileSync('/scratch/decoy', Buffer.alloc(120 * 1024 * 1024, 1)); ${idle}`,
      { HostConfig: { Memory: 300 * MiB, Tmpfs: { '/scratch': 'size=200m' } } },
    );
    await until('it is written', async () => (await output(container)).includes('up'));
    const after = await adapter.read(host, emptySettings, aMinuteAgo());
    const grown = (after.details.host?.reconciled.tmpfs ?? 0) - (before.details.host?.reconciled.tmpfs ?? 0);
    expect(grown).toBeGreaterThan(110 * MiB);
    const own = await look('tmpfs');
    const tmpfs = own.evidence.find(({ name }) => name === 'container.tmpfs');
    expect(tmpfs).toMatchObject({ value: 120 * MiB, unit: 'bytes' });
    expect(own.measure?.used).toBeGreaterThan(120 * MiB);
    await container.remove({ force: true });
  });

  test('the parts of the host’s used memory add up, and little is unexplained', async () => {
    const host = { key: 'docker/local', kind: 'host', scope: 'docker/local' };
    const { measure, details, identity } = await adapter.read(host, emptySettings, aMinuteAgo());
    const parts = Object.values(details.host?.reconciled ?? {});
    expect(parts.reduce((sum, part) => sum + part, 0)).toBe(measure?.used);
    expect(Math.abs(details.host?.reconciled.unexplained ?? Number.NaN)).toBeLessThan(
      (measure?.limit ?? 0) * 0.05,
    );
    expect(details.host?.reconciled.containers).toBeGreaterThan(60 * MiB);
    expect(identity.uid).toBe((await kit.docker.info()).ID);
    const sizes = details.containers.map(({ workingSetBytes }) => workingSetBytes ?? 0);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(details.processes.length).toBeLessThanOrEqual(30);
    const sample = await adapter.sample(host, emptySettings, aMinuteAgo());
    expect(sample).toMatchObject({ limit: measure?.limit, healthy: true, id: identity.uid });
  });

  test('an open exec session is something going on, a finished one is not', async () => {
    const container = await kit.run('busy', idle);
    expect((await look('busy')).goingOn).toEqual([]);
    const exec = await container.exec({ Cmd: ['node', '-e', 'process.stdin.resume()'], AttachStdin: true });
    const session: Duplex = await exec.start({ hijack: true, stdin: true });
    await until('it runs', async () => (await exec.inspect()).Running);
    const seen = await look('busy');
    expect(seen.goingOn).toEqual([`1 open exec session in ${kit.name('busy')}`]);
    expect(seen.details.container?.execs).toBe(1);
    session.end();
    await until('it has ended', async () => !(await exec.inspect()).Running);
    expect((await look('busy')).goingOn).toEqual([]);
  });

  test('compose’s dependents, an operation under way and a data service are going on', async () => {
    const compose = (service: string, dependsOn = '') => ({
      Labels: {
        'com.docker.compose.project': kit.name('shop'),
        'com.docker.compose.service': service,
        'com.docker.compose.depends_on': dependsOn,
      },
    });
    await kit.run('db', idle, compose('redis'));
    await kit.run('web', idle, compose('web', 'redis:service_started:false'));
    const { goingOn } = await look('db');
    expect(goingOn).toContain(`${kit.name('web')} depends on it`);
    expect(goingOn).toContain(`${kit.name('db')} is a data service`);
    expect(goingOn.some((one) => one.startsWith('a compose operation on project'))).toBe(true);
  });

  test('the process for garbage collection is found in the container; where there is none, the look says so', async () => {
    const container = await kit.run('gc', idle);
    await until('it is up', async () => (await output(container)).includes('up'));
    const process = { runtime: 'node' as const, executable: 'node' };
    const gc = (match: object) => ({ gc: { via: 'jcmd', jcmd: 'jcmd', process: { ...process, ...match } } });
    const found = await look('gc', gc({ argsContain: 'console.log' }));
    expect(found.details.gcProcess).toMatchObject({ containerId: container.id });
    expect(found.details.gcProcess?.startTicks).toBeGreaterThan(0);
    expect((await look('gc', gc({ executable: 'java' }))).details.gcProcessGap).toBe('no process runs java');
  });

  test('a configured name is protected', async () => {
    const careful = kit.adapter({ protectedNames: ['*-limited'] });
    const { details } = await careful.read(kit.target('limited'), emptySettings, aMinuteAgo());
    expect(details.container?.protected).toBe('the configuration protects *-limited');
  });

  test('log lines about memory are shown, their secrets are not', async () => {
    const container = await kit.run(
      'talking',
      'console.log("all well"); console.error("JavaScript heap out of memory, password=hunter2"); setInterval(() => {}, 1000)',
    );
    await until('it has spoken', async () => (await output(container)).includes('heap'));
    const { logLines } = (await look('talking')).details;
    expect(logLines).toHaveLength(1);
    expect(logLines[0]).toMatch(/JavaScript heap out of memory, password=\[redacted\]$/);
  });

  test('a host that is not the engine’s gives no host evidence, and the container is still read', async () => {
    const elsewhere = createHostReader({ hostname: 'another-machine' });
    const remote = kit.adapter({ host: elsewhere });
    const seen = await remote.read(kit.target('parent'), emptySettings, aMinuteAgo());
    expect(seen.details.host).toBeUndefined();
    expect(seen.details.hostGap).toContain('this worker on another-machine');
    expect(seen.measure?.limit).toBe(80 * MiB);
    expect(seen.details.container?.oomKills).toBeUndefined();
    expect(seen.details.processes[0]?.rssBytes).toBeGreaterThan(0);
    // Engine events are the only witness left, and they are enough.
    expect(seen.kills).toBe(4);
    const host = { key: 'docker/local', kind: 'host', scope: 'docker/local' };
    const blind = await remote.read(host, emptySettings, aMinuteAgo());
    expect(blind.measure).toBeUndefined();
    expect(blind.blind).toContain('another-machine');
    expect((await remote.sample(host, emptySettings, aMinuteAgo())).gap).toContain('another-machine');
    await elsewhere.kernelLog.close();
  });

  test('a container that is not there is TargetGone, also where its name begins another’s id', async () => {
    await expect(look('nowhere')).rejects.toMatchObject({ type: 'TargetGone', nonRetryable: true });
    const prefixOfId = (await kit.docker.getContainer(kit.name('limited')).inspect()).Id.slice(0, 12);
    const target = { ...kit.target('limited'), key: `docker/local/${prefixOfId}` };
    await expect(adapter.read(target, emptySettings, aMinuteAgo())).rejects.toMatchObject({
      type: 'TargetGone',
    });
    const sample = await adapter.sample(kit.target('nowhere'), emptySettings, aMinuteAgo());
    expect(sample.gap).toContain(kit.name('nowhere'));
  });

  test('an engine that is not there, and one that never answers, are Unreachable within their time', async () => {
    const gone = connectDocker({ name: 'gone', url: 'unix:///nowhere/docker.sock' });
    await expect(gone.call('ping', (docker) => docker.ping())).rejects.toMatchObject({
      type: 'Unreachable',
      nonRetryable: false,
      message: expect.stringContaining('engine gone (unix:///nowhere/docker.sock)'),
    });
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await new Promise((resolve) => silent.once('listening', resolve));
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const slow = connectDocker({ name: 'slow', url: `tcp://127.0.0.1:${port}` });
    await expect(slow.call('ping', (docker) => docker.ping(), { timeoutMs: 300 })).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('within 0.3 s'),
    });
    slow.close();
    silent.close();
  });

  test('a process on the host is found by its program, with its memory; none or two are said', async () => {
    const script = `globalThis.kept = Buffer.alloc(50 * 1024 * 1024, 1); setInterval(() => {}, 1000) // ${kit.name('p')}`;
    const start = () => spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
    const first = start();
    const target = { key: 'docker/local/process:indexer', kind: 'hostProcess', scope: 'docker/local' };
    const match = { runtime: 'node' as const, executable: 'node', argsContain: kit.name('p') };
    const indexer = { name: 'indexer', process: match, restartArgv: ['true'], timeoutSeconds: 5 };
    const settings = { ...emptySettings, hostProcesses: [indexer] };
    await until('it holds its memory', async () => {
      const sample = await adapter.sample(target, settings, aMinuteAgo());
      return (sample.used ?? 0) > 60 * MiB;
    });
    const seen = await adapter.read(target, settings, aMinuteAgo());
    expect(seen.identity.uid).toMatch(new RegExp(`^${first.pid}@\\d+$`));
    expect(seen).toMatchObject({ healthy: true, kills: 0, measure: { against: 'the host’s memory' } });
    expect(seen.details.hostProcess?.rssBytes).toBeGreaterThan(60 * MiB);
    const second = start();
    await until('both run', async () => {
      const { gap } = await adapter.sample(target, settings, aMinuteAgo());
      return gap?.includes('2 processes run node') ?? false;
    });
    await expect(adapter.read(target, settings, aMinuteAgo())).rejects.toMatchObject({
      type: 'Misconfigured',
    });
    for (const child of [first, second]) child.kill();
    await until('both are gone', async () => {
      const sample = await adapter.sample(target, settings, aMinuteAgo());
      return sample.healthy === false && (sample.gap?.startsWith('no process runs node') ?? false);
    });
    await expect(adapter.read(target, settings, aMinuteAgo())).rejects.toMatchObject({ type: 'TargetGone' });
  });

  test('a look has no gaps here, is quick and small', async () => {
    const began = performance.now();
    const seen = await look('limited');
    const took = performance.now() - began;
    const size = Buffer.byteLength(JSON.stringify(seen));
    console.info(`a look: ${Math.round(took)} ms, ${size} bytes, ${seen.evidence.length} pieces of evidence`);
    expect(seen.evidence.filter(isGap)).toEqual([]);
    expect(took).toBeLessThan(2_000);
    expect(size).toBeLessThan(64_000);
    const beganSample = performance.now();
    await adapter.sample(kit.target('limited'), emptySettings, aMinuteAgo());
    console.info(`a sample: ${Math.round(performance.now() - beganSample)} ms`);
  });
});
