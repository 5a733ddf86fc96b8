import type { Remedy, Runbook } from '../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from './runbook.js';

/** What it throttles stays so for a time after the incident, and is opened again then unless somebody keeps it. */
const seconds = (tank: string): number => (tank === 'kept' ? 60 : 2);

const ladder: readonly Remedy<TankLook>[] = tank.ladder.map((rung) => ({
  ...rung,
  propose(look, diagnosis) {
    const proposal = rung.propose(look, diagnosis);
    if ('skip' in proposal) return proposal;
    return { changes: proposal.changes.map((draft) => ({ ...draft, temporary: false })) };
  },
}));

export const runbook: Runbook<TankLook> = {
  ...tank,
  name: 'TANK-3',
  title: 'Tank full, for a time',
  ladder,
  changeKinds: tank.changeKinds.map((kind) =>
    kind.kind === 'tank.throttle'
      ? {
          ...kind,
          staysSeconds: ({ fields, object }) =>
            fields[0]?.after === true ? seconds(object.name) : undefined,
        }
      : kind,
  ),
};
