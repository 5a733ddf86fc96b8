import type { Policy } from '../../model/policy.js';
import { defaultPolicy } from '../defaults.js';
import { withPolicy } from '../resolve-policy.js';
import type { PolicyInput } from '../schema/policy.js';
import { nameOf } from '../target-key.js';
import type { KnownRunbook } from '../types.js';
import type { Path } from '../yaml.js';
import type { Checked } from './report.js';

/** Figures that contradict one another, as they come out after the defaults. */
export function checkPolicies(checked: Checked): void {
  const { said, runbooks } = checked;
  const base = withPolicy(defaultPolicy, said.defaults, said.groups);
  checkFigures(checked, base, ['defaults']);
  checkRemedies(checked, said.defaults, runbooks, ['defaults']);
  for (const [i, target] of said.targets.entries()) {
    if (target.policy === undefined) continue;
    const path = ['targets', i, 'policy'];
    checkFigures(checked, withPolicy(base, target.policy, said.groups), path);
    const named = nameOf(target);
    const suited =
      'key' in named ? runbooks.filter(({ targetKinds }) => targetKinds.includes(named.kind)) : [];
    checkRemedies(checked, target.policy, suited, path);
  }
}

function checkFigures({ report }: Checked, policy: Policy, path: Path): void {
  const { thresholds, decisions, soak, holdOff } = policy;
  if (thresholds.warningPercent >= thresholds.criticalPercent)
    report.error(
      [...path, 'thresholds'],
      `warning (${thresholds.warningPercent}%) is not below critical (${thresholds.criticalPercent}%)`,
      'Lower warning, or raise critical',
    );
  const { group, approvals, timeLimitSeconds, reminderSeconds } = decisions;
  const people = new Set([...group, ...decisions.secondGroup]);
  if (group.length > 0 && approvals > people.size)
    report.error(
      [...path, 'decisions', 'approvals'],
      `more approvals are wanted (${approvals}) than there are people (${people.size})`,
      'Lower approvals, or add people to the group',
    );
  if (reminderSeconds >= timeLimitSeconds)
    report.error(
      [...path, 'decisions', 'reminder'],
      'the reminder comes after the time limit',
      'Make reminder shorter than timeLimit',
    );
  if (soak.everySeconds * 3 > soak.seconds)
    report.error(
      [...path, 'soak'],
      'it leaves fewer than three readings',
      'Make every shorter, or time longer',
    );
  if (holdOff.firstSeconds > holdOff.maxSeconds)
    report.error([...path, 'holdOff'], 'first is longer than max', 'Make first shorter, or max longer');
}

function checkRemedies(
  { report }: Checked,
  policy: PolicyInput,
  runbooks: readonly KnownRunbook[],
  path: Path,
): void {
  if (runbooks.some(({ ladder }) => ladder === undefined)) return;
  const known = runbooks.flatMap(({ ladder }) => ladder?.map(({ name }) => name) ?? []);
  for (const [i, remedy] of (policy.remediesOff ?? []).entries())
    if (!known.includes(remedy))
      report.error(
        [...path, 'remediesOff', i],
        `there is no remedy '${remedy}'`,
        `Use one of: ${known.join(', ')}`,
      );
}
