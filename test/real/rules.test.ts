import { execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { parse, stringify } from 'yaml';
import { page } from '../../workflows/runbooks/agent-bruno-high-memory-usage/page.js';
import { FOLDER, type Rule, ruleSet } from './rules-mutants.js';

/** The shipped Prometheus rules and example configurations, judged by the real promtool and amtool. */

vi.setConfig({ testTimeout: 60_000 });

const sets = [
  { runbook: 'MEM-001', file: 'mem-001' },
  { runbook: 'AgentBrunoHighMemoryUsage', file: 'agent-bruno' },
] as const;
const setOf = ({ runbook, file }: (typeof sets)[number]) => {
  const [RULES, TESTS] = [`${file}.rules.yml`, `${file}.rules.test.yml`];
  return { runbook, RULES, TESTS, ...ruleSet(RULES, TESTS) };
};

interface Result {
  code: number;
  output: string;
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

/** amtool comes with Alertmanager and usually lies beside it. */
function findAmtool(): string | undefined {
  const alertmanager = process.env.NIGHTSHIFT_ALERTMANAGER;
  const beside = alertmanager ? join(dirname(alertmanager), 'amtool') : undefined;
  if (process.env.NIGHTSHIFT_AMTOOL) return process.env.NIGHTSHIFT_AMTOOL;
  return beside !== undefined && existsSync(beside) ? beside : onPath('amtool');
}

const promtool = process.env.NIGHTSHIFT_PROMTOOL || onPath('promtool');
const amtool = findAmtool();
/** In CI a missing tool is a failure, elsewhere a test that is skipped by name. */
const inCi = Boolean(process.env.CI);

function needed(tool: string | undefined, name: string, mend: string): string {
  if (tool === undefined) throw new Error(`${name} is not there: ${mend}`);
  return tool;
}

function run(command: string, args: string[], cwd: string): Promise<Result> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { cwd }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error);
      else resolve({ code: Number(error?.code ?? 0), output: stdout + stderr });
    });
  });
}

describe.skipIf(promtool === undefined && !inCi).each(sets)(
  'the rules for $runbook (needs promtool: NIGHTSHIFT_PROMTOOL, or "apt-get install prometheus")',
  (each) => {
    const { RULES, TESTS, allRules, concerned, testsConcerned, mutants } = setOf(each);
    let folder = '';
    let tool = '';

    beforeAll(async () => {
      tool = needed(promtool, 'promtool', 'set NIGHTSHIFT_PROMTOOL, or "apt-get install prometheus"');
      folder = await mkdtemp(join(tmpdir(), 'nightshift-rules-'));
    });

    afterAll(async () => {
      if (folder !== '') await rm(folder, { recursive: true });
    });

    it('are valid', async () => {
      const { code, output } = await run(tool, ['check', 'rules', RULES], FOLDER);
      expect(code, output).toBe(0);
      expect(output).toContain(`${allRules.length} rules found`);
    });

    it('fire and stay silent as their tests say', async () => {
      const { code, output } = await run(tool, ['test', 'rules', TESTS], FOLDER);
      expect(code, output).toBe(0);
    });

    it('come with a Prometheus configuration that is valid', async () => {
      const { code, output } = await run(tool, ['check', 'config', 'prometheus.example.yml'], FOLDER);
      expect(code, output).toBe(0);
    });

    /** Runs the tests that concern one rule, with a change to it. */
    async function testChanged(rule: number, change: Partial<Rule>): Promise<Result> {
      const place = await mkdtemp(join(folder, 'mutant-'));
      await writeFile(join(place, RULES), stringify(concerned(rule, change)));
      await writeFile(join(place, TESTS), stringify(testsConcerned(rule)));
      // A mutant that is no valid rule would fail its tests for the wrong reason.
      expect((await run(tool, ['check', 'rules', RULES], place)).output).toContain('SUCCESS');
      return run(tool, ['test', 'rules', TESTS], place);
    }

    const unchanged = allRules.map((rule, index) => [rule.alert ?? rule.record ?? '', index] as const);

    it.concurrent.each(unchanged)('pass the tests that concern %s', async (_name, rule) => {
      const { code, output } = await testChanged(rule, {});
      expect(code, output).toBe(0);
    });

    it.concurrent.each(mutants)('have tests that notice: %s', async (_name, { rule, change }) => {
      const { code, output } = await testChanged(rule, change);
      expect(code, output).toBe(1);
      expect(output).toMatch(/alertname|expr/);
    });
  },
);

describe.skipIf(amtool === undefined && !inCi)(
  'the example for Alertmanager (needs amtool: NIGHTSHIFT_AMTOOL, or "apt-get install prometheus-alertmanager")',
  () => {
    const file = 'alertmanager.example.yml';
    const find = () =>
      needed(amtool, 'amtool', 'set NIGHTSHIFT_AMTOOL, or "apt-get install prometheus-alertmanager"');

    async function receivers(...labels: string[]): Promise<string> {
      const { output } = await run(
        find(),
        ['config', 'routes', 'test', `--config.file=${file}`, ...labels],
        FOLDER,
      );
      return output.split('\n')[0]!;
    }

    it('is valid', async () => {
      const { code, output } = await run(find(), ['check-config', file], FOLDER);
      expect(code, output).toBe(0);
    });

    it('sends what has a runbook to Nightshift, and what is critical to people as well', async () => {
      expect(await receivers('runbook=MEM-001', 'severity=critical')).toBe('nightshift,people');
      expect(await receivers('runbook=MEM-001', 'severity=warning')).toBe('nightshift');
      expect(await receivers('severity=warning')).toBe('people');
    });
  },
);

describe.each(sets)('what every alert for $runbook carries', (each) => {
  const { runbook, alerts, ruleTests } = setOf(each);

  it.each(alerts.map((rule) => [rule.alert ?? '', rule] as const))('%s', (_name, rule) => {
    expect(rule.labels).toMatchObject({ runbook, signal: expect.any(String) });
    expect(['warning', 'critical']).toContain(rule.labels?.severity);
    // It comes from the series: one fixed here would send every host's alert to one target.
    expect(rule.labels?.nightshift_target).toBeUndefined();
    expect(Object.keys(rule.annotations ?? {}).sort()).toEqual(['description', 'runbook_url', 'summary']);
    expect(rule.annotations?.runbook_url?.endsWith(`/${runbook}`)).toBe(true);
  });

  it('is tested firing and silent, each alert', () => {
    const checks = ruleTests.tests.flatMap((test) => test.alert_rule_test);
    const checked = (fires: boolean) =>
      new Set(
        checks.filter((check) => check.exp_alerts.length > 0 === fires).map((check) => check.alertname),
      );
    const names = new Set(alerts.map((rule) => rule.alert));
    expect(checked(true)).toEqual(names);
    expect(checked(false)).toEqual(names);
  });
});

describe('the rules for MEM-001', () => {
  const { allRules } = setOf(sets[0]);

  it('reads only metrics of the agent that the example agent really has', async () => {
    const text = await agentMetrics();
    const wanted = new Set(allRules.flatMap((rule) => rule.expr.match(/\b(agent|process)_[a-z_]+\b/g) ?? []));
    expect(wanted.size).toBeGreaterThanOrEqual(7);
    for (const metric of wanted) expect(text).toContain(`\n# TYPE ${metric} `);
  });
});

describe('the rules for AgentBrunoHighMemoryUsage', () => {
  const set = setOf(sets[1]);

  it('are the alerts that its page names', () => {
    expect(set.alerts.map(({ alert }) => alert).sort()).toEqual([...page.alerts].sort());
  });

  it('are those of the PrometheusRule, too', () => {
    const text = readFileSync(join(FOLDER, 'agent-bruno.prometheusrule.yml'), 'utf8');
    const resource = parse(text) as { kind: string; spec: unknown };
    expect(resource.kind).toBe('PrometheusRule');
    expect(resource.spec).toEqual(set.rules);
  });
});

/** What the example agent answers to /metrics, from a process of its own. */
async function agentMetrics(): Promise<string> {
  const script = fileURLToPath(new URL('../../examples/agent/agent.mjs', import.meta.url));
  const env = { ...process.env, HOST: '127.0.0.1', PORT: '0' };
  const agent = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    for await (const chunk of agent.stdout) {
      const port = /"port":(\d+)/.exec(String(chunk))?.[1];
      if (port !== undefined) return await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    }
    throw new Error('the example agent ended before it listened');
  } finally {
    agent.kill('SIGTERM');
  }
}
