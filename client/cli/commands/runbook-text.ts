import { byteRate, duration } from '../../../model/format.js';
import type { AnyLook } from '../../../model/look.js';
import type { PlannedChange, PlannedRung } from '../../../model/plan.js';
import type { Runbook } from '../../../model/runbook.js';
import type { Paint } from '../terminal/io.js';
import { plain, wrap } from '../terminal/text.js';
import type { Planned } from '../worker-side.js';

interface PlanScene {
  readonly runbook: Runbook<AnyLook>;
  readonly planned: Planned;
  readonly memory: string;
  readonly columns: number;
  readonly paint: Paint;
}

/** `runbook plan`: the diagnosis, and each rung with its exact changes and what the guardrails say. */
export function planText(scene: PlanScene): readonly string[] {
  const { runbook, planned, memory, columns, paint } = scene;
  const { look, plan } = planned;
  const { diagnosis } = plan;
  const growth = diagnosis.growth;
  const left =
    growth?.secondsToLimit === undefined
      ? ''
      : `, the limit is reached in ${duration(growth.secondsToLimit)}`;
  const gaps = look.evidence.filter((evidence) => 'gap' in evidence).length;
  const top = diagnosis.causes[0];
  return [
    `${paint.bold(`Dry run of ${runbook.name} for ${look.target.key}`)}: nothing is changed.`,
    '',
    ...pair('Memory', memory, columns),
    ...pair(
      'Health',
      look.healthy ? 'healthy' : `not healthy: ${look.healthNote ?? 'no reason given'}`,
      columns,
    ),
    // A level that was not measured is none.
    ...(look.measure ? pair('Level', `${diagnosis.level}: ${diagnosis.levelWhy}`, columns) : []),
    ...(growth ? pair('Growth', `${byteRate(growth.bytesPerSecond)}${left}`, columns) : []),
    ...pair('Cause', top ? top.summary : 'it can’t be told from one look', columns),
    ...(look.goingOn.length === 0 ? [] : pair('Going on', look.goingOn.join('; '), columns)),
    ...(gaps === 0 ? [] : pair('Gaps', `${gaps} readings could not be had (-o json shows them)`, columns)),
    '',
    ...plan.rungs.flatMap((rung, index) => rungText(scene, rung, index + 1)),
  ];
}

function pair(name: string, text: string, columns: number): readonly string[] {
  return wrap(plain(text), columns - 10).map(
    (line, index) => `${(index === 0 ? name : '').padEnd(10)}${line}`,
  );
}

function rungText({ columns, paint }: PlanScene, rung: PlannedRung, number: number): readonly string[] {
  const head = `${String(number).padStart(2)} ${plain(rung.title)}`;
  if (rung.skip !== undefined)
    return [paint.dim(head), ...wrap(plain(rung.skip), columns - 5).map((line) => paint.dim(`     ${line}`))];
  return [paint.bold(head), ...rung.changes.flatMap((change) => changeText(change, columns, paint))];
}

const rulings = {
  allow: 'would be made without a person',
  ask: 'would ask for a decision',
  refuse: 'would be refused',
} as const;

function changeText(
  { change, verdicts, ruling }: PlannedChange,
  columns: number,
  paint: Paint,
): readonly string[] {
  const colour = { allow: paint.green, ask: paint.yellow, refuse: paint.red }[ruling];
  const reasons = verdicts.filter(({ says }) => says === ruling && ruling !== 'allow');
  const line = (name: string, text: string) =>
    wrap(plain(text), columns - 16).map(
      (each, index) => `     ${(index === 0 ? name : '').padEnd(9)}  ${each}`,
    );
  return [
    ...wrap(plain(change.sentence), columns - 5).map((each) => `     ${each}`),
    ...line('disrupts', `${change.disruption}: ${change.disruptionWhy}`),
    ...change.fields.flatMap(({ name, before, after }) =>
      line(name, `${JSON.stringify(before)} → ${JSON.stringify(after)}`),
    ),
    ...line('by hand', change.command),
    `     ${'verdict'.padEnd(9)}  ${colour(rulings[ruling])}`,
    ...reasons.flatMap(({ guardrail, why }) => line('', `${guardrail}: ${why}`)),
  ];
}
