import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';

/** In the name of the namespace where AgentBrunoOOMKilled is alone. */
export const killedArea = 'killed';

interface RuleFile {
  readonly groups: readonly { readonly rules: { readonly alert?: string; expr: string }[] }[];
}

/**
 * The shipped rules; only the namespaces are the tests' own. Where a container is to be killed, no other alert than
 * AgentBrunoOOMKilled looks: none of them can open the incident before it.
 */
export function testRules(): string {
  const file = new URL('../../../deploy/prometheus/agent-bruno.rules.yml', import.meta.url);
  const shipped = parse(readFileSync(file, 'utf8')) as RuleFile;
  for (const rule of shipped.groups.flatMap(({ rules }) => rules)) {
    const others = rule.alert === 'AgentBrunoOOMKilled' ? '' : `, namespace!~"ns-test-${killedArea}-.+"`;
    rule.expr = rule.expr.replaceAll('namespace="bruno"', `namespace=~"ns-test-.+"${others}`);
  }
  return stringify(shipped);
}
