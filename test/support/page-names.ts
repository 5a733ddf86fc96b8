/**
 * What the lines of a runbook's page name, of these names: each line begins with one, whatever it says after it. A line
 * that begins with none is given as it is.
 */
export function namedBy(lines: readonly string[], names: readonly string[]): readonly string[] {
  return lines.map(
    (line) => names.find((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`)) ?? line,
  );
}

/** Names of the alerts of a Prometheus rules file. */
export function alertNames(rules: string): readonly string[] {
  return [...rules.matchAll(/^ *- alert: (\w+)/gm)].map(([, name = '']) => name);
}
