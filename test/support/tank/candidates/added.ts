import type { ChangeKind, JsonObject, Runbook } from '../../../../workflows/authoring.js';
import { type TankLook, runbook as tank } from '../runbook.js';

const drain: ChangeKind<JsonObject, TankLook> = {
  kind: 'tank.drain',
  title: 'drain',
  disruption: () => ({ disruption: 'none', why: 'the tank goes on' }),
  describe: ({ object: { name } }) => ({ sentence: `Drain tank ${name}`, command: `tank drain ${name}` }),
  precondition: () => null,
  undo: () => ({ none: 'what is drained is gone' }),
  timeoutSeconds: () => 5,
};

/** A candidate: after the flush it drains the tank, which nobody ever did. */
export const runbook: Runbook<TankLook> = {
  ...tank,
  changeKinds: [...tank.changeKinds, drain],
  ladder: tank.ladder.flatMap((rung) =>
    rung.name === 'flush'
      ? [
          rung,
          {
            name: 'drain',
            title: 'Drain',
            usually: 'none',
            propose: ({ target, identity: { uid, name } }) => ({
              changes: [
                {
                  kind: 'tank.drain',
                  object: { key: target.key, uid, name },
                  touches: [target.key],
                  fields: [],
                  params: {},
                  fresh: {},
                },
              ],
            }),
          },
        ]
      : [rung],
  ),
};
