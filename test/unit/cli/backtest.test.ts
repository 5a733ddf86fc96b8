import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sieve } from '../../../client/cli/commands/backtest-sources.js';
import { runCli } from '../../../client/cli/run.js';
import type { IncidentDifference } from '../../../model/backtest/difference.js';
import type { BacktestReport } from '../../../model/backtest/report.js';
import { incidentOf, later, recordedFacts, recordedNames } from '../backtest-compare/recorded.js';
import { fakeIo } from './fake-io.js';

const repository = fileURLToPath(new URL('../../../', import.meta.url));
const histories = join(repository, 'test', 'histories');
const tank = join(repository, 'dist', 'test', 'support', 'tank', 'runbook.js');

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ns-backtest-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(args: readonly string[], more: Parameters<typeof fakeIo>[0] = {}) {
  const { io, written } = fakeIo({ cwd: folder, ...more });
  const code = await runCli(['backtest', ...args], io);
  return { code, ...written };
}

/** The recorded tanks as they were, but for their restarts, which need nobody; one tank is forgotten. */
async function automatic(): Promise<string> {
  const targets = recordedNames
    .filter((name) => !/^(mem-001|agent-bruno)/.test(name) && name !== 'declined')
    .map((name) => {
      const policy = `policy: { remediesOff: [${switchedOff(name).join(', ')}] }`;
      return `  - { key: tanks/here/${name}, kind: tank, scope: tanks/here, autonomy: auto, ${policy} }`;
    });
  const defaults = [
    'defaults:',
    '  decisions: { timeLimit: 20s }',
    '  deadlines: { warning: 30s, critical: 30s }',
    '  settle: 300ms',
    '  cooldown: 1ms',
    '  budget: { perObjectPerHour: 5, perScopePerHour: 1000, atOnce: 10 }',
    '  pauseLimit: 5s',
    '  holdOff: { first: 60s, max: 480s }',
    '  soak: { time: 500ms, every: 100ms }',
  ];
  const file = join(folder, 'automatic.yaml');
  await writeFile(file, [...defaults, 'targets:', ...targets, ''].join('\n'));
  return file;
}

function switchedOff(name: string): readonly string[] {
  const off = recordedFacts(name).flatMap((fact) =>
    fact.type === 'rungSkipped' && fact.why.startsWith('switched off') ? fact.remedy : [],
  );
  return [...new Set(off)];
}

describe('nightshift backtest', () => {
  it.each([
    [
      'a condition that there is not',
      ['--runbook', 'MEM-001', '--fail-on', 'bad'],
      2,
      'there is no bad; there are: more-restarts',
    ],
    ['no runbook', [histories], 2, '--runbook'],
    ['a runbook that there is not', ['--runbook', 'MEM-01', histories], 3, 'Did you mean MEM-001?'],
    ['a path that is not there', ['--runbook', 'MEM-001', 'nowhere'], 3, 'there is no nowhere'],
    [
      'a module without a runbook',
      ['--runbook', 'MEM-001', '--with', join(repository, 'dist/model/format.js')],
      2,
      'exports no runbook',
    ],
    [
      'a Temporal that is not there',
      ['--runbook', 'MEM-001', '--temporal', '127.0.0.1:1'],
      5,
      'nightshift up',
    ],
    ['a time that is none', ['--runbook', 'MEM-001', '--since', 'soon'], 2, '--since soon is no time'],
    [
      'an end that is none',
      ['--runbook', 'MEM-001', histories, '--until', 'soon'],
      2,
      '--until soon is no time',
    ],
  ])('says what to do about %s', async (_what, args, code, text) => {
    const said = await run(args);
    expect(said.code).toBe(code);
    expect(said.err).toContain(text);
  });

  it('names the line of every mistake in the candidate policy, and how to mend it', async () => {
    await writeFile(join(folder, 'wrong.yaml'), 'targets:\n  - key: docker/local/agent\n    autonmy: auto\n');
    const { code, err } = await run(['--runbook', 'MEM-001', histories, '--policy', 'wrong.yaml']);
    expect(code).toBe(2);
    expect(err).toMatch(/wrong\.yaml:3:5 targets\[0\]\.autonmy: .*autonomy/);
  });

  it('says where it looked where there is nothing, and what to do', async () => {
    const { code, err } = await run([
      '--runbook',
      'MEM-001',
      '--target',
      'docker/local/x',
      join(repository, 'docs'),
    ]);
    expect(code).toBe(2);
    expect(err).toContain('there is no recorded incident of MEM-001 on docker/local/x in');
    expect(err).toContain('docs');
    expect(err).toContain('--since 365d');
  });

  it('fails where a recording could not be read, and names it', async () => {
    await mkdir(join(folder, 'mixed'));
    await copyFile(join(histories, 'mem-001-container.json'), join(folder, 'mixed', 'good.json'));
    await writeFile(join(folder, 'mixed', 'cut.json'), '{"history":{"events":[');
    const { code, err, out } = await run(['--runbook', 'MEM-001', 'mixed']);
    expect(err).toContain('1 recording could not be read: mixed/cut.json');
    expect(out).toContain('1 recorded incident');
    expect(code).toBe(1);
  });

  it('says nothing of a candidate where it is interrupted before anything was done', async () => {
    const stopped = await run(['--runbook', 'MEM-001', histories], { signal: AbortSignal.abort() });
    expect(stopped).toMatchObject({ code: 130, out: '' });
    expect(stopped.err).toContain('interrupted after 0 incidents');
  });
});

describe('which incidents are meant', () => {
  const facts = recordedFacts('recovered-by-an-approved-restart');
  const one = incidentOf(facts);
  const end = one.closedAt;

  it.each([
    [{ runbook: 'TANK-1' }, true],
    [{ runbook: 'TANK-2' }, false],
    [{ runbook: 'TANK-1', target: one.target.key }, true],
    [{ runbook: 'TANK-1', target: 'tanks/here/another' }, false],
    [{ runbook: 'TANK-1', since: end, until: end }, true],
    [{ runbook: 'TANK-1', since: later(end, 1) }, false],
    [{ runbook: 'TANK-1', until: later(end, -1) }, false],
  ])('%j: %s', (meant, expected) => {
    expect(sieve(meant)(one)).toBe(expected);
  });

  it('is worked once, wherever it was found', () => {
    const isMeant = sieve({ runbook: 'TANK-1' });
    expect([isMeant(one), isMeant({ ...one }), isMeant({ ...one, runId: 'another' })]).toEqual([
      true,
      false,
      true,
    ]);
  });
});

describe('restarts that need nobody, on the recorded tanks', () => {
  let report: Omit<BacktestReport, 'incidents'> & { readonly incidents: readonly IncidentDifference[] };
  let said: Awaited<ReturnType<typeof run>>;
  beforeAll(async () => {
    const policy = await automatic();
    const args = ['--runbook', 'tank-1', histories, '--with', tank, '--policy', policy, '-o', 'json'];
    said = await run([...args, '--out', 'out.json', '--fail-on', 'more-decisions,unknown,unrecovered']);
    if (said.code !== 9) throw new Error(said.err);
    report = JSON.parse(await readFile(join(folder, 'out.json'), 'utf8'));
  });
  /** Asked about for no other reason than the autonomy that was in force; the forgotten one is only observed now. */
  const askedByAutonomy = recordedNames
    .filter((name) => name !== 'declined')
    .filter((name) =>
      recordedFacts(name).some(
        (fact) =>
          fact.type === 'decisionRequested' && fact.why.every((why) => why.startsWith('autonomy is approve')),
      ),
    )
    .filter((name) => !/^(mem-001|agent-bruno)/.test(name))
    .sort();
  const nameOf = (id: string) =>
    report.incidents
      .find(({ incident }) => incident.shortId === id)
      ?.incident.target.key.replace('tanks/here/', '');
  const named = (name: string) =>
    report.incidents.find(({ incident }) => incident.target.key === `tanks/here/${name}`);

  it('asks for fewer decisions: none of those that only its autonomy wanted', () => {
    const { decisions, restarts, recovered, groups } = report.sum;
    expect({ recorded: decisions.recorded, candidate: decisions.candidate }).toEqual({
      recorded: 24,
      candidate: 2,
    });
    expect(decisions.fewer.count).toBe(22);
    expect(decisions.more).toEqual({ count: 0, incidents: [] });
    const automatic = groups.find(({ kind }) => kind === 'automatic');
    expect(automatic).toMatchObject({ remedy: 'restart' });
    expect(automatic?.incidents.map(nameOf).sort()).toEqual(askedByAutonomy);
    expect(restarts).toMatchObject({ recorded: 17, candidate: 17, atLeast: true });
    expect([restarts.saved.count, restarts.added.count, recovered.lost.count]).toEqual([0, 0, 0]);
  });

  it('exits with 9 and names the condition and the incidents', () => {
    expect(said.code).toBe(9);
    expect(said.err).toContain(`Written to ${join(folder, 'out.json')}`);
    expect(said.err).toMatch(
      /--fail-on unknown: nothing is known from some point on in \d+ incidents: \w{8}, /,
    );
    expect(said.err).not.toContain('--fail-on more-decisions');
    expect(said.out).toBe('');
  });

  it('compares a target that the file does not name with what would hold there: it is observed', () => {
    const facts = recordedFacts('declined');
    const id = facts[0]?.type === 'opened' ? facts[0].shortId : '';
    expect(report.notInPolicy).toEqual({ count: 1, incidents: [id], targets: ['tanks/here/declined'] });
    expect(named('declined')?.candidate.outcome).toBe('observed');
  });

  it('tells which decision differs, with both ladders', () => {
    const one = named('recovered-by-an-approved-restart');
    expect(one).toMatchObject({ status: 'different', restarts: { saved: 0, added: 0 } });
    expect(one?.differences.map(({ kind, remedy }) => [kind, remedy])).toEqual([['automatic', 'restart']]);
    expect(one?.ladder.map(({ mark }) => mark)).toEqual(['same', 'same', 'different', 'same', 'same']);
  });
});
