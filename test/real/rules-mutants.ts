import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';

/** The shipped rules, read, and the small changes to them that their tests must notice. */

export const FOLDER = fileURLToPath(new URL('../../deploy/prometheus/', import.meta.url));

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
/** One small change to one rule that a test of the rules must notice. */
interface Mutant {
  name: string;
  rule: number;
  change: Partial<Rule>;
}

/** Every threshold a little looser, every `for`, witness and selector of pods or reasons gone, every alert struck dumb. */
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
  if (rule.expr.includes(', reason="')) {
    add('for any reason', { expr: rule.expr.replace(/, reason="\w+"/, '') });
  }
  const witnesses = rule.expr.split(/^or$/m);
  if (witnesses.length > 1)
    for (const [at, expr] of witnesses.entries()) add(`only its witness ${at + 1}`, { expr });
  if (rule.for !== undefined) add('without waiting', { for: '0s' });
  if (rule.alert !== undefined) add('never fires', { expr: 'vector(0) > 1' });
  return mutants;
}

function loosen(operator: string, threshold: number): string {
  if (operator === '==') return '>= 0';
  if (operator === '<') return `< ${threshold * 1e12}`;
  return `${operator} ${threshold === 0 ? -1 : threshold * 0.98}`;
}

/** A file of rules with its tests, and what can be made of them. */
export function ruleSet(rulesFile: string, testsFile: string) {
  const rules = parse(readFileSync(join(FOLDER, rulesFile), 'utf8')) as RuleFile;
  const ruleTests = parse(readFileSync(join(FOLDER, testsFile), 'utf8')) as TestFile;
  const allRules = rules.groups.flatMap((group) => group.rules);
  const alerts = allRules.filter((rule) => rule.alert !== undefined);
  const reads = (reader: Rule, { record }: Rule): boolean =>
    record !== undefined && reader.expr.includes(record);
  /** A rule, and the records that it reads, directly or not. */
  const withRecords = (seen: readonly Rule[]): readonly Rule[] => {
    const more = allRules.filter((rule) => !seen.includes(rule) && seen.some((one) => reads(one, rule)));
    return more.length === 0 ? seen : withRecords([...seen, ...more]);
  };
  /** The alerts that a change of this rule can show in: itself, or those that read its record. */
  const alertsOf = (rule: Rule): readonly Rule[] =>
    rule.record === undefined ? [rule] : alerts.filter((alert) => withRecords([alert]).includes(rule));
  return {
    rules,
    ruleTests,
    allRules,
    alerts,
    /** All mutants, by name. */
    mutants: allRules.flatMap(mutantsOf).map((mutant) => [mutant.name, mutant] as const),
    /** The changed rule and those it is seen through, in their order. The others would only cost time. */
    concerned(index: number, change: Partial<Rule>): RuleFile {
      const kept = withRecords(alertsOf(allRules[index]!));
      const changed = allRules
        .filter((rule) => kept.includes(rule))
        .map((rule) => (rule === allRules[index] ? { ...rule, ...change } : rule));
      return { groups: [{ name: 'mutant', rules: changed }] };
    },
    /** The tests of those alerts, and of no other. */
    testsConcerned(index: number): TestFile {
      const names = new Set(alertsOf(allRules[index]!).map((rule) => rule.alert));
      const tests = ruleTests.tests
        .map((test) => ({
          ...test,
          alert_rule_test: test.alert_rule_test.filter((check) => names.has(check.alertname)),
        }))
        .filter((test) => test.alert_rule_test.length > 0);
      return { ...ruleTests, tests };
    },
  };
}
