import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Docker from 'dockerode';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { demoLabel } from '../../client/demo/agent-container.js';
import { folderPrefix, removeLeftovers } from '../../client/demo/leftovers.js';

const main = fileURLToPath(new URL('../../dist/client/cli/main.js', import.meta.url));
const {
  DOCKER_HOST: engineUrl,
  NIGHTSHIFT_AGENT_IMAGE: image,
  NIGHTSHIFT_TEMPORAL_CLI: temporalCli,
} = process.env;
const ready = existsSync(main) && engineUrl && image && temporalCli;
const needs = 'needs a build, DOCKER_HOST, NIGHTSHIFT_AGENT_IMAGE and NIGHTSHIFT_TEMPORAL_CLI';

interface Run {
  readonly child: ChildProcess;
  /** All that it has written so far, both streams. */
  text(): string;
  /** Waits until it has written that. */
  says(what: string, ms?: number): Promise<void>;
  readonly code: Promise<number>;
}

let folder = '';
const runs: Run[] = [];

function nightshift(...args: readonly string[]): Run {
  const env = { ...process.env, NIGHTSHIFT_STATE: join(folder, 'state'), USER: 'ana' };
  const child = spawn(process.execPath, [main, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let written = '';
  const take = (chunk: Buffer) => {
    written += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  const code = once(child, 'close').then(([status, signal]) => (signal ? -1 : Number(status)));
  const says = async (what: string, ms = 90_000) => {
    const end = Date.now() + ms;
    while (!written.includes(what)) {
      if (Date.now() > end || child.exitCode !== null)
        throw new Error(`it did not say ${JSON.stringify(what)}:\n${written}`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  const run = { child, text: () => written, says, code };
  runs.push(run);
  return run;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-cli-real-'));
});
afterEach(async () => {
  for (const { child, code } of runs.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await code;
  }
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Containers and folders of demos that this test has started. */
async function left(container: string) {
  const found = await new Docker().listContainers({ all: true, filters: { label: [demoLabel] } });
  const containers = found.flatMap(({ Names }) => Names).filter((name) => name === `/${container}`);
  const folders = (await readdir(tmpdir())).filter((name) => name.startsWith(folderPrefix));
  return { containers, folders };
}

const containerOf = (run: Run) => /container (agent-[0-9a-f]{6})/.exec(run.text())?.[1] ?? 'none';

/** Restarts of that container, by the engine's own events: every start but the first. */
async function restarts(container: string, since: number): Promise<number> {
  const stream = await new Docker().getEvents({
    since: Math.floor(since / 1000),
    until: Math.ceil(Date.now() / 1000),
    filters: { container: [container], event: ['restart'] },
  });
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text.split('\n').filter((line) => line.trim() !== '').length;
}

describe.skipIf(!ready && !process.env.CI)(`nightshift demo (${needs})`, () => {
  it('recovers a leaking container without a terminal, says who approved, saves the report, and leaves nothing', async () => {
    const began = Date.now();
    const demo = nightshift('demo');
    const code = await demo.code;
    expect(code, demo.text()).toBe(0);
    expect(Date.now() - began).toBeLessThan(240_000);
    expect(demo.text()).toContain('second-operator approves through the API');
    const reports = await readdir(join(folder, 'reports'));
    const [md = '', json = ''] = ['.md', '.json'].map((end) => reports.find((name) => name.endsWith(end)));
    expect(await readFile(join(folder, 'reports', md), 'utf8')).toMatch(/^# Recovered: agent-/);
    const report = JSON.parse(await readFile(join(folder, 'reports', json), 'utf8'));
    expect(report).toMatchObject({ outcome: 'recovered', verification: { passed: true } });
    expect(report.alerts).toMatchObject([{ resolved: true }]);
    const restarted = report.ladder.find((rung: { remedy: string }) => rung.remedy === 'restart-container');
    expect(restarted.changes[0].answers).toMatchObject([
      { by: 'second-operator', verified: 'token', accepted: true },
    ]);
    expect(await restarts(containerOf(demo), began)).toBe(1);
    expect(await left(containerOf(demo))).toEqual({ containers: [], folders: [] });
  });

  it('ends with 130 at Ctrl-C, and leaves nothing', async () => {
    const demo = nightshift('demo');
    await demo.says('Nightshift is up');
    demo.child.kill('SIGINT');
    expect(await demo.code).toBe(130);
    expect(await left(containerOf(demo))).toEqual({ containers: [], folders: [] });
  });

  it('that was killed is cleaned up by the next one', async () => {
    const demo = nightshift('demo');
    await demo.says('Nightshift is up');
    demo.child.kill('SIGKILL');
    await demo.code;
    const container = containerOf(demo);
    expect((await left(container)).containers).toHaveLength(1);
    const said: string[] = [];
    await removeLeftovers(new Docker(), (line) => said.push(line));
    expect(await left(container)).toEqual({ containers: [], folders: [] });
    expect(said.join('\n')).toContain(container);
  });
});

describe.skipIf(!ready && !process.env.CI)(`nightshift up (${needs})`, () => {
  it('serves the other commands, refuses a second one on its folder, and goes on where it was stopped', async () => {
    const config = `engines: { local: '${engineUrl}' }\ntargets:\n  - { engine: local, container: nobody, autonomy: approve }\napi: { listen: '127.0.0.1:0' }\n`;
    await writeFile(
      join(folder, 'nightshift.yaml'),
      config.replace('127.0.0.1:0', `127.0.0.1:${await port()}`),
    );
    const up = nightshift('up');
    await up.says('Nightshift is up');
    // Whoever sets Alertmanager up reads both off the screen.
    await up.says('/alerts/alertmanager');
    await up.says('webhook.token');
    const second = nightshift('up');
    expect(await second.code).toBe(2);
    expect(second.text()).toContain('is in use by another `nightshift up`');

    const quiet = nightshift('incident', 'list');
    expect(await quiet.code).toBe(0);
    expect(quiet.text()).toContain('No open incidents.');
    const opened = nightshift('incident', 'open', 'docker/local/nobody', '--reason', 'a test');
    expect(await opened.code).toBe(0);
    const id = /incident (\S{8}) of/.exec(opened.text())?.[1] ?? '';
    up.child.kill('SIGINT');
    expect(await up.code, up.text()).toBe(0);

    const again = nightshift('up');
    await again.says('Nightshift is up');
    const watched = nightshift('incident', 'watch', id);
    // There is no such container, so nothing can be recovered: people are told.
    expect(await watched.code, watched.text()).toBe(6);
    expect(watched.text()).toContain('Closed as escalated');
    const shown = nightshift('incident', 'show', id, '-o', 'json');
    expect(await shown.code).toBe(0);
    expect(JSON.parse(shown.text())).toMatchObject({ shortId: id, outcome: 'escalated' });
    const missing = nightshift('incident', 'show', 'docker/local/other');
    expect(await missing.code).toBe(3);
  });
});

async function port(): Promise<number> {
  const { freePort } = await import('../../client/up/ports.js');
  return freePort('127.0.0.1');
}
