import { canonicalJson } from '../../model/json.js';
import { didYouMean } from '../closest.js';
import type { Document } from '../schema/index.js';
import { nameOf } from '../target-key.js';
import type { Path } from '../yaml.js';
import type { Checked } from './report.js';

/** Routes and watches lead to a runbook and a target that there are, and that suit one another. */
export function checkRoutes(checked: Checked): void {
  const { said, report } = checked;
  const earlier = new Map<string, number>();
  for (const [i, route] of said.routes.entries()) {
    const path = ['routes', i];
    const kind = checkTargetOf(checked, route.target, [...path, 'target']);
    checkRunbook(checked, route.runbook, kind, [...path, 'runbook']);
    checkMatch(checked, route.match, [...path, 'match']);
    const same = canonicalJson(route.match);
    const first = earlier.get(same);
    if (first !== undefined)
      report.error(
        [...path, 'match'],
        `routes[${first}] takes the same alerts before it`,
        'Take one of the two out, or match on more labels',
      );
    earlier.set(same, first ?? i);
  }
}

export function checkWatches(checked: Checked): void {
  const { said, runbooks, report } = checked;
  const seen = new Set<string>();
  for (const [i, watch] of said.watches.entries()) {
    const path = ['watches', i];
    const kind = checkTargetOf(checked, watch.target, [...path, 'target']);
    if (watch.runbook !== undefined) checkRunbook(checked, watch.runbook, kind, [...path, 'runbook']);
    else if (kind !== undefined && !runbooks.some(({ targetKinds }) => targetKinds.includes(kind)))
      report.error(path, `no runbook looks after a ${kind}`, 'Name one: runbook:');
    if (seen.has(watch.target))
      report.error([...path, 'target'], `${watch.target} is watched twice`, 'Keep one of the two');
    seen.add(watch.target);
  }
}

/** The target's kind, where the key is a whole one. */
function checkTargetOf({ said, report }: Checked, key: string, path: Path): string | undefined {
  if (key.includes('{{') || key.includes('}}')) {
    const rest = key.replace(/\{\{\s*(labels|annotations)\.[\w.-]+\s*\}\}/g, '');
    if (/\{\{|\}\}|\s/.test(rest))
      report.error(path, 'its {{…}} is not understood', 'Write {{labels.name}} or {{annotations.name}}');
    return undefined;
  }
  const targets = said.targets.map(nameOf).flatMap((named) => ('key' in named ? [named] : []));
  const found = targets.find((target) => target.key === key);
  const keys = targets.map((target) => target.key);
  if (!found)
    report.error(path, `no target ${key} is configured`, didYouMean(key, keys, 'Add it under targets:'));
  return found?.kind;
}

function checkRunbook(
  { runbooks, report }: Checked,
  name: string,
  kind: string | undefined,
  path: Path,
): void {
  const names = runbooks.map((runbook) => runbook.name);
  const found = runbooks.find((runbook) => runbook.name === name);
  if (!found)
    report.error(
      path,
      `there is no runbook '${name}'`,
      didYouMean(name, names, 'See: nightshift runbook list'),
    );
  else if (kind !== undefined && !found.targetKinds.includes(kind))
    report.error(
      path,
      `${name} does not look after a ${kind}`,
      `It looks after: ${found.targetKinds.join(', ')}`,
    );
}

function checkMatch({ report }: Checked, match: Document['routes'][number]['match'], path: Path): void {
  if (Object.keys(match).length === 0)
    report.error(
      path,
      'it matches every alert there is',
      'Name a label, such as alertname: ContainerMemoryHigh',
    );
  for (const [label, wanted] of Object.entries(match)) {
    const pattern = /^\/(.*)\/$/s.exec(wanted)?.[1];
    if (pattern !== undefined && !isPattern(pattern))
      report.error([...path, label], 'it is not a regular expression', 'Mend what is between the slashes');
  }
}

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(`^(?:${pattern})$`, 's').source !== '';
  } catch {
    return false;
  }
}
