import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The shipped rules, read, and the small changes to them that their tests must notice. */

export const FOLDER = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));
export const RULES = 'mem-001.rules.yml';
export const TESTS = 'mem-001.rules.test.yml';

export interface Rule {
  alert?: string;
  record?: string;
  expr: string;
  for?: string;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}
export interface RuleFile {
  groups: { name: string; rules: Rule[] }[];
}
export interface TestFile {
  rule_files: string[];
  evaluation_interval: string;
  tests: { alert_rule_test: { alertname: string; exp_alerts: unknown[] }[] }[];
}
const rules = parse(readFileSync(join(FOLDER, RULES), 'utf8')) as RuleFile;
export const ruleTests = parse(readFileSync(join(FOLDER, TESTS), 'utf8')) as TestFile;
export const allRules = rules.groups.flatMap((group) => group.rules);
export const alerts = allRules.filter((rule) => rule.alert !== undefined);

/** One small change to one rule that a test of the rules must notice. */
interface Mutant {
  name: string;
  rule: number;
  change: Partial<Rule>;
}

/** Every threshold a little looser, every `for` and every selector for pods gone, every alert struck dumb. */
function mutantsOf(rule: Rule, index: number): Mutant[] {
  const name = rule.alert ?? rule.record ?? '';
  const mutants: Mutant[] = [];
  const add = (what: string, change: Partial<Rule>) =>
    mutants.push({ name: `${name}: ${what}`, rule: index, change });
  for (const match of rule.expr.matchAll(/(>=|>|==|<) ([0-9][0-9.e]*)/g)) {
    const looser = loosen(match[1]!, Number(match[2]));
    const end = match.index + match[0].length;
    add(`${match[0]} becomes ${looser}`, {
      expr: rule.expr.slice(0, match.index) + looser + rule.expr.slice(end),
    });
  }
  if (rule.expr.includes(', namespace=""')) {
    add('pods too', { expr: rule.expr.replaceAll(', namespace=""', '') });
  }
  if (rule.for !== undefined) add('without waiting', { for: '0s' });
  if (rule.alert !== undefined) add('never fires', { expr: 'vector(0) > 1' });
  return mutants;
}

function loosen(operator: string, threshold: number): string {
  if (operator === '==') return '>= 0';
  if (operator === '<') return `< ${threshold * 1e12}`;
  return `${operator} ${threshold === 0 ? -1 : threshold * 0.98}`;
}

/** All mutants, by name. */
export const mutants = allRules.flatMap(mutantsOf).map((mutant) => [mutant.name, mutant] as const);

/** The alerts that a change of this rule can show in: itself, or those that read its record. */
function alertsOf(rule: Rule): Rule[] {
  const { record } = rule;
  return record === undefined ? [rule] : alerts.filter((alert) => alert.expr.includes(record));
}

/** The changed rule and those it is seen through, in their order. The others would only cost time. */
export function concerned(index: number, change: Partial<Rule>): RuleFile {
  const seen = alertsOf(allRules[index]!);
  const read = (rule: Rule) =>
    rule.record !== undefined && seen.some((alert) => alert.expr.includes(rule.record!));
  const kept = allRules
    .filter((rule) => read(rule) || seen.includes(rule))
    .map((rule) => (rule === allRules[index] ? { ...rule, ...change } : rule));
  return { groups: [{ name: 'mutant', rules: kept }] };
}

/** The tests of those alerts, and of no other. */
export function testsConcerned(index: number): TestFile {
  const names = new Set(alertsOf(allRules[index]!).map((rule) => rule.alert));
  const tests = ruleTests.tests
    .map((test) => ({
      ...test,
      alert_rule_test: test.alert_rule_test.filter((check) => names.has(check.alertname)),
    }))
    .filter((test) => test.alert_rule_test.length > 0);
  return { ...ruleTests, tests };
}
