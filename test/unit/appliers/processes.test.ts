import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { createDockerAppliers } from '../../../activities/docker/appliers/index.js';
import type { GcRunParams, ProcessRestartParams } from '../../../model/changes/index.js';
import type { JsonObject } from '../../../model/json.js';
import { aChange, anAttempt } from '../../support/apply-context.js';
import { endAll, identityOf, start } from '../../support/processes.js';
import { startAgent } from '../examples/agent.js';
import { endAll as endExamples } from '../examples/process.js';

const MIB = 1024 * 1024;
const appliers = createDockerAppliers({
  docker: () => {
    throw new Error('no engine is needed for a process of the host');
  },
});

const folders: string[] = [];
afterEach(async () => {
  await endAll();
  await endExamples();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'nightshift-process-'));
  folders.push(made);
  return made;
}

/** 48 MiB of garbage in the old generation, then nothing that would collect it. */
const wasteful = `
  let kept = [];
  for (let i = 0; i < 48; i += 1) kept.push(new Array(131072).fill(i + 0.5));
  setTimeout(() => { kept = []; console.log('garbage made'); }, 100);
  setInterval(() => {}, 1000);`;

describe('garbage collection in the live process', () => {
  const node = { runtime: 'node', executable: 'node' } as const;
  const gc = (params: GcRunParams, fresh: JsonObject) =>
    aChange<GcRunParams>({ kind: 'gc.run', params, fresh });

  async function inspected(script = wasteful) {
    const process = start('node', ['--inspect=127.0.0.1:0', '-e', script]);
    const [, port] = await process.said(/Debugger listening on ws:\/\/127\.0\.0\.1:(\d+)\//);
    return { process, port: Number(port) };
  }

  const inspector = (port: number): GcRunParams => ({
    via: 'node-inspector',
    host: '127.0.0.1',
    port,
    process: node,
  });

  test('a Node process whose inspector listens gives its garbage back', async () => {
    const { process, port } = await inspected();
    await process.said(/garbage made/);
    const trial = anAttempt();
    const effect = await appliers['gc.run'](
      gc(inspector(port), await identityOf(process.pid)),
      trial.context,
    );
    expect(effect.status).toBe('applied');
    const { rssBefore, rssAfter } = effect.details;
    expect(Number(rssBefore) - Number(rssAfter)).toBeGreaterThan(30 * MIB);
    expect(trial.confirmed).toBe(1);
  });

  test('an inspector that does not listen is not opened: unsupported, and said', async () => {
    const process = start('node', ['-e', `console.log('up'); ${wasteful}`]);
    await process.said(/up/);
    const free = await inspected('setInterval(() => {}, 1000)');
    await endOne(free.process.pid);
    const trial = anAttempt();
    const call = appliers['gc.run'](gc(inspector(free.port), await identityOf(process.pid)), trial.context);
    await expect(call).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('--inspect'),
    });
    expect(trial.confirmed).toBe(0);
    await expect(process.said(/garbage made/)).resolves.toBeTruthy();
  });

  test('an inspector of another process is left alone', async () => {
    const meant = await inspected();
    const other = await inspected();
    const trial = anAttempt();
    const call = appliers['gc.run'](
      gc(inspector(other.port), await identityOf(meant.process.pid)),
      trial.context,
    );
    await expect(call).rejects.toMatchObject({ type: 'PreconditionChanged' });
    expect(trial.confirmed).toBe(0);
  });

  test('a process that was started at another time is another process', async () => {
    const { process, port } = await inspected();
    const identity = await identityOf(process.pid);
    const call = appliers['gc.run'](gc(inspector(port), { ...identity, startTicks: 1 }), anAttempt().context);
    await expect(call).rejects.toMatchObject({ type: 'PreconditionChanged' });
  });

  test('another executable under the same process id is another process', async () => {
    const { process, port } = await inspected();
    const params: GcRunParams = { ...inspector(port), process: { runtime: 'node', executable: 'python3' } };
    const call = appliers['gc.run'](gc(params, await identityOf(process.pid)), anAttempt().context);
    await expect(call).rejects.toMatchObject({ type: 'PreconditionChanged' });
  });

  test('by the app’s own endpoint: memory of the process before and after, as the kernel counts it', async () => {
    const agent = await startAgent({ AGENT_GARBAGE_BYTES: String(64 * MIB), AGENT_GC_MONITORING: '0' });
    const params: GcRunParams = {
      via: 'endpoint',
      endpoint: { method: 'POST', url: `${agent.url}/admin/gc`, timeoutSeconds: 5 },
      process: node,
    };
    const effect = await appliers['gc.run'](
      gc(params, await identityOf(agent.process.pid)),
      anAttempt().context,
    );
    expect(effect.status).toBe('applied');
    const { rssBefore, rssAfter } = effect.details;
    expect(Number(rssBefore) - Number(rssAfter)).toBeGreaterThan(50 * MIB);
  });

  const jcmd = ['/usr/bin/jcmd', '/usr/local/bin/jcmd'].find((path) => existsSync(path));

  test.skipIf(jcmd === undefined)(
    'a JVM, by jcmd (needs a JDK: apt-get install openjdk-17-jdk-headless)',
    async () => {
      const source = join(folder(), 'Wait.java');
      writeFileSync(
        source,
        'class Wait { public static void main(String[] a) throws Exception { System.out.println("up"); Thread.sleep(60000); } }',
      );
      const log = join(folder(), 'gc.log');
      const jvm = start('java', [`-Xlog:gc:file=${log}`, source]);
      await jvm.said(/up/);
      const params: GcRunParams = {
        via: 'jcmd',
        jcmd: jcmd ?? '',
        process: { runtime: 'jvm', executable: 'java', argsContain: 'Wait.java' },
      };
      const effect = await appliers['gc.run'](gc(params, await identityOf(jvm.pid)), anAttempt().context);
      expect(effect.status).toBe('applied');
      expect(readFileSync(log, 'utf8')).toContain('Diagnostic Command');
    },
  );

  test('where there is no jcmd it is unsupported, and said', async () => {
    const process = start('node', ['-e', 'console.log("up"); setInterval(() => {}, 1000)']);
    await process.said(/up/);
    const params: GcRunParams = { via: 'jcmd', jcmd: '/nowhere/jcmd', process: node };
    const call = appliers['gc.run'](gc(params, await identityOf(process.pid)), anAttempt().context);
    await expect(call).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringContaining('/nowhere/jcmd'),
    });
  });
});

describe('restarting a process of the host', () => {
  /** A service that writes its pid, and a command that ends it and starts it anew, counting its runs. */
  function service() {
    const at = folder();
    const [script, restart] = [join(at, 'service.mjs'), join(at, 'restart.mjs')];
    writeFileSync(script, `console.log('up'); setInterval(() => {}, 1000);`);
    writeFileSync(
      restart,
      `import { spawn } from 'node:child_process';
       import { appendFileSync, writeFileSync } from 'node:fs';
       appendFileSync('${at}/runs', 'x');
       if (process.env.NIGHTSHIFT_TEST_SECRET) writeFileSync('${at}/leaked', '');
       if (process.argv[3] === 'fail') { console.error('it does not want to'); process.exit(4); }
       process.kill(Number(process.argv[2]), 'SIGKILL');
       await new Promise((resolve) => setTimeout(resolve, 200));
       const child = spawn(process.execPath, ['${script}'], { detached: true, stdio: 'ignore' });
       writeFileSync('${at}/pid', String(child.pid));
       child.unref();
       if (process.argv[3] === 'hang') setInterval(() => {}, 1000);`,
    );
    return {
      at,
      start: async (): Promise<number> => {
        const process = start('node', [script]);
        await process.said(/up/);
        return process.pid;
      },
      runs: () => (existsSync(join(at, 'runs')) ? readFileSync(join(at, 'runs'), 'utf8').length : 0),
      change: async (pid: number, ...more: string[]) => {
        const identity = await identityOf(pid);
        return aChange<ProcessRestartParams>({
          kind: 'hostProcess.restart',
          uid: `${pid}@${String(identity.startTicks)}`,
          name: 'indexer',
          fresh: identity,
          params: {
            name: 'indexer',
            argv: [process.execPath, restart, String(pid), ...more],
            process: { runtime: 'node', executable: 'node', argsContain: script },
            timeoutSeconds: 3,
          },
        });
      },
    };
  }

  const started = new Set<number>();
  afterEach(() => {
    for (const pid of started) process.kill(pid, 'SIGKILL');
    started.clear();
  });
  const remember = (at: string): void => void started.add(Number(readFileSync(join(at, 'pid'), 'utf8')));

  test('runs the command once, with nothing of the worker’s environment, and finds the new process', async () => {
    process.env.NIGHTSHIFT_TEST_SECRET = 'x';
    const { at, start: up, change, runs } = service();
    const effect = await appliers['hostProcess.restart'](await change(await up()), anAttempt().context);
    remember(at);
    delete process.env.NIGHTSHIFT_TEST_SECRET;
    expect(effect).toMatchObject({ status: 'applied', details: { exitCode: 0 } });
    expect(started.has(Number(effect.details.pid))).toBe(true);
    expect(runs()).toBe(1);
    expect(existsSync(join(at, 'leaked'))).toBe(false);
  });

  test('a later attempt that finds the new process runs nothing again', async () => {
    const { at, start: up, change, runs } = service();
    const planned = await change(await up());
    const first = anAttempt();
    await appliers['hostProcess.restart'](planned, first.context);
    remember(at);
    const second = anAttempt({ attempt: 2, previous: first.left() });
    const effect = await appliers['hostProcess.restart'](planned, second.context);
    expect(effect.status).toBe('applied');
    expect([runs(), second.confirmed]).toEqual([1, 0]);
  });

  test('a process that something else restarted is not restarted again, and not claimed', async () => {
    const { at, start: up, change, runs } = service();
    const planned = await change(await up());
    execFileSync(planned.params.argv[0] ?? '', planned.params.argv.slice(1));
    remember(at);
    const effect = await appliers['hostProcess.restart'](planned, anAttempt().context);
    expect(effect.status).toBe('superseded');
    expect(runs()).toBe(1);
  });

  test('a command that hangs is ended, and what it did counts', async () => {
    const { at, start: up, change, runs } = service();
    const planned = await change(await up(), 'hang');
    const first = anAttempt();
    await expect(appliers['hostProcess.restart'](planned, first.context)).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('within 3 s'),
    });
    remember(at);
    const second = anAttempt({ attempt: 2, previous: first.left() });
    expect((await appliers['hostProcess.restart'](planned, second.context)).status).toBe('applied');
    expect(runs()).toBe(1);
  });

  test('a command that fails says so in its own words', async () => {
    const { start: up, change } = service();
    const planned = await change(await up(), 'fail');
    await expect(appliers['hostProcess.restart'](planned, anAttempt().context)).rejects.toMatchObject({
      type: 'Unsupported',
      message: expect.stringMatching(/exit code 4: it does not want to .* still runs/),
    });
  });

  test('a command that is not there is a fault of the configuration', async () => {
    const { start: up, change } = service();
    const planned = await change(await up());
    const params = { ...planned.params, argv: ['/nowhere/restart'] };
    await expect(
      appliers['hostProcess.restart']({ ...planned, params }, anAttempt().context),
    ).rejects.toMatchObject({
      type: 'Misconfigured',
    });
  });
});

async function endOne(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  for (let waited = 0; existsSync(`/proc/${pid}`) && waited < 5000; waited += 20) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
