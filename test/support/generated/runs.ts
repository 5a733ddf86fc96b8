import type { IncidentBundle } from '../../../model/bundle/types.js';
import { groupBy } from '../../../model/insights/statistics.js';
import { tankShapes } from '../histories/tank-shapes.js';
import { knownOf } from './known.js';
import type { Planned } from './plan.js';

/** An archived run, and what is known of it. */
export interface KnownRun {
  readonly bundle: IncidentBundle;
  readonly plan: Planned;
}

/** Which archived run is of which plan; those that a story made besides are automatic restarts of full tanks. */
export function knownRuns(
  plans: readonly Planned[],
  bundles: readonly IncidentBundle[],
): readonly KnownRun[] {
  const byName = new Map(plans.map((plan) => [plan.name, plan]));
  const inOrder = bundles.toSorted(
    (a, b) => Date.parse(a.incident.openedAt) - Date.parse(b.incident.openedAt),
  );
  const ofTarget = groupBy(inOrder, ({ incident }) => incident.target.key);
  return [...ofTarget].flatMap(([key, runs]) => {
    const name = key.slice(key.lastIndexOf('/') + 1);
    const plan = byName.get(name);
    const story = plan ?? byName.get(name.replace(/-neighbour$/, ''));
    if (!story) throw new Error(`nothing was planned for ${key}`);
    return runs.map((bundle, n) => ({
      bundle,
      plan: plan && n === runs.length - 1 ? plan : besides(story),
    }));
  });
}

function besides(story: Planned): Planned {
  const kind = 'recovered-by-an-automatic-restart';
  const shape = tankShapes.find(({ name }) => name === kind);
  const known = knownOf[kind];
  if (!shape || !known) throw new Error(`there is no shape ${kind}`);
  return { ...story, kind, shape, known, tank: { used: 95 }, alert: { name: 'TankFull' } };
}
