import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { candidates } from '../../../client/cli/commands/completion.js';
import { withMeant } from '../../../client/cli/commands/runbook.js';
import { CliError, endingOf, exitCodes } from '../../../client/cli/exit-codes.js';
import { program } from '../../../client/cli/program.js';
import { runCli } from '../../../client/cli/run.js';
import { apiFor } from '../../../client/cli/settings.js';
import { wantsColours } from '../../../client/cli/terminal/io.js';
import { table } from '../../../client/cli/terminal/table.js';
import { NoAnswer, NotFound, Refused } from '../../../client/incidents/index.js';
import { TemporalUnreachable } from '../../../client/temporal.js';
import { fakeIo } from './fake-io.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(args: string, more: Parameters<typeof fakeIo>[0] = {}) {
  const { io, written } = fakeIo({ cwd: folder, ...more });
  const code = await runCli(args.split(' '), io);
  return { code, ...written };
}

describe('exit codes', () => {
  it.each([
    [new TemporalUnreachable('it does not answer', 'start it'), 5],
    [new NotFound('no such incident'), 3],
    [new Refused('it has ended'), 4],
    [new NoAnswer('no worker answered'), 1],
    [new CliError(exitCodes.notRecovered, 'not recovered'), 6],
    [new DOMException('stopped', 'AbortError'), 130],
    [new Error('a defect'), 1],
  ])('of %s is %d', (error, code) => {
    expect(endingOf(error).code).toBe(code);
  });

  it('come with what to do about it', () => {
    expect(endingOf(new TemporalUnreachable('it does not answer', 'start it')).mend).toBe('start it');
  });
});

describe('the command line', () => {
  it('helps with exit code 0 and examples', async () => {
    const { code, out } = await run('incident approve --help');
    expect(code).toBe(0);
    expect(out).toContain('nightshift incident approve k3f7x2ab --hash');
  });

  it('suggests what was probably meant, with exit code 2', async () => {
    const { code, err } = await run('incidnet list');
    expect(code).toBe(2);
    expect(err).toContain('Did you mean incident?');
  });

  it('refuses an unknown form of output with exit code 2 and names the known ones', async () => {
    const { code, err } = await run('incident list -o xml');
    expect(code).toBe(2);
    expect(err).toContain('table, json, md');
  });

  it('says what to do where there is no configuration', async () => {
    const { code, err } = await run('config check');
    expect(code).toBe(2);
    expect(err).toContain('nightshift config example > nightshift.yaml');
  });

  it('names the line of what is wrong in a configuration', async () => {
    await writeFile(join(folder, 'wrong.yaml'), 'engines:\n  local: unix:///x.sock\ntargts: []\n');
    const { code, err } = await run('config check --config wrong.yaml');
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.yaml:3:1 .*targts/);
    expect(err).toContain('targets');
  });

  it('prints an example that it finds right itself', async () => {
    const { code, out } = await run('config example');
    expect(code).toBe(0);
    await writeFile(join(folder, 'example.yaml'), out);
    const checked = await run('config check --config example.yaml');
    expect(checked.code).toBe(0);
    expect(checked.out).toContain('without a person  what disrupts nothing');
  });

  it('makes a token of which only the hash is kept, and refuses the name a second time', async () => {
    const file = join(folder, 'tokens');
    const first = await run(`token create ana --role operator --file ${file}`);
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^ns_\S{43}\n$/) });
    const { readFile } = await import('node:fs/promises');
    expect(await readFile(file, 'utf8')).not.toContain(first.out.trim());
    expect(await run(`token create ana --role operator --file ${file}`)).toMatchObject({ code: 4, out: '' });
  });

  it('rehearses with --observe, and knows no other name for it', async () => {
    expect((await run('incident open --help')).out).toMatch(/--observe\s+a rehearsal/);
    const other = await run('incident open docker/local/agent --reason x --rehearse');
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('--rehearse') });
  });

  it('wants a reason for a reject', async () => {
    const { code, err } = await run('incident reject docker/local/agent');
    expect(code).toBe(2);
    expect(err).toContain('--comment');
  });

  it('answers 5 where Temporal is not there, and says what to do', async () => {
    const { code, err } = await run('incident list --temporal 127.0.0.1:1');
    expect(code).toBe(5);
    expect(err).toContain('nightshift up');
  });

  it('suggests the configured target where the engine has none of that name', () => {
    const gone = new CliError(exitCodes.notFound, 'No such container: agnet');
    const config = { targets: [{ key: 'docker/local/agent' }] };
    expect(withMeant(gone, 'docker/local/agnet', config)).toMatchObject({
      code: exitCodes.notFound,
      mend: 'Did you mean docker/local/agent?',
    });
    expect(withMeant(gone, 'docker/local/agent', config)).toMatchObject({
      mend: expect.stringContaining('docker ps --all'),
    });
    const other = new Error('the engine does not answer');
    expect(withMeant(other, 'docker/local/agnet', config)).toBe(other);
  });

  it('talks to the Temporal that was typed, whatever API the environment names', async () => {
    const env = { NIGHTSHIFT_API: 'http://127.0.0.1:2', NIGHTSHIFT_TOKEN_FILE: join(folder, 'none.token') };
    const { io } = fakeIo({ cwd: folder, env });
    expect(await apiFor(io, { temporal: '127.0.0.1:1' })).toBeUndefined();
    expect(await apiFor(io, {})).toMatchObject({ url: 'http://127.0.0.1:2' });
    expect(await apiFor(io, { temporal: '127.0.0.1:1', api: 'http://127.0.0.1:3' })).toMatchObject({
      url: 'http://127.0.0.1:3',
    });
  });

  it('wants a token for an API that is named', async () => {
    const { code, err } = await run('incident list --api http://127.0.0.1:1');
    expect(code).toBe(2);
    expect(err).toContain('--token-file');
  });

  it('lists and shows runbooks without any server', async () => {
    expect((await run('runbook list')).out).toContain('MEM-001');
    expect((await run('runbook show mem-001')).out).toContain('Ladder, gentlest first');
    const missing = await run('runbook show MEM-02');
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining('Did you mean MEM-001?') });
  });
});

describe('completion', () => {
  const root = program(fakeIo().io, () => undefined);

  it.each([
    [['inc'], ['incident']],
    [
      ['incident', 're'],
      ['rerun', 'reject', 'resume'],
    ],
    [
      ['incident', 'list', '-o', ''],
      ['table', 'json', 'md'],
    ],
    [['token', 'create', '--role', 'w'], ['webhook']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
  ])('of %j offers %j', (words, expected) => {
    expect(candidates(root, words)).toEqual(expected);
  });

  it('offers options only where one is begun', () => {
    expect(candidates(root, ['incident', 'open', '--ob'])).toEqual(['--observe']);
    expect(candidates(root, ['incident', 'watch', '--t'])).toEqual(['--temporal', '--token-file']);
  });
});

describe('the terminal', () => {
  it.each([
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: '1' }, true, false],
    [{ NO_COLOR: '' }, true, true],
    [{ TERM: 'dumb' }, true, false],
    [{ FORCE_COLOR: '1' }, false, true],
    [{ FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
  ])('with %j, terminal %s: colours %s', (env, tty, colours) => {
    expect(wantsColours(env, tty)).toBe(colours);
  });

  it('aligns columns and never exceeds its width', () => {
    const lines = table(['ID', 'TARGET'], [['a', 'docker/local/a'.repeat(10)]], 30);
    expect(lines).toEqual(['ID  TARGET', `a   ${'docker/local/a'.repeat(10).slice(0, 25)}…`]);
  });
});
