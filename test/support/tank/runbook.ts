import type {
  Change,
  ChangeDraft,
  ChangeKind,
  Diagnosis,
  Effect,
  JsonObject,
  Look,
  Remedy,
  Runbook,
  Sample,
} from '../../../workflows/authoring.js';
import { percentOf } from '../../../workflows/authoring.js';

/** A target of the engine's own tests: a tank that fills, can be flushed, throttled and restarted. */
export interface TankDetails {
  readonly throttled: boolean;
}
export type TankLook = Look<TankDetails, Record<string, never>>;

const object = (look: TankLook) => ({
  key: look.target.key,
  uid: look.identity.uid,
  name: look.identity.name,
});

function draft(look: TankLook, kind: string, more: Partial<ChangeDraft> = {}): ChangeDraft {
  return {
    kind,
    object: object(look),
    touches: [look.target.key],
    fields: [],
    params: {},
    fresh: {},
    ...more,
  };
}

const sameTank = (change: Change, look: TankLook): string | null =>
  change.object.uid === look.identity.uid ? null : 'it is another tank now';

const flush: ChangeKind<JsonObject, TankLook> = {
  kind: 'tank.flush',
  title: 'flush',
  disruption: () => ({ disruption: 'none', why: 'only what is not needed goes' }),
  describe: ({ object: { name } }) => ({ sentence: `Flush tank ${name}`, command: `tank flush ${name}` }),
  precondition: sameTank,
  undo: () => ({ none: 'what is flushed is gone' }),
  timeoutSeconds: () => 5,
};

const throttle: ChangeKind<JsonObject, TankLook> = {
  kind: 'tank.throttle',
  title: 'throttle',
  disruption: () => ({ disruption: 'none', why: 'it only fills more slowly' }),
  describe: ({ object: { name }, fields }) => ({
    sentence: `${fields[0]?.after ? 'Throttle' : 'Open'} tank ${name}`,
    command: `tank throttle ${name} ${fields[0]?.after ? 'on' : 'off'}`,
  }),
  precondition: sameTank,
  undo: (change: Change, _effect: Effect | undefined) => ({
    kind: 'tank.throttle',
    object: change.object,
    touches: change.touches,
    fields: [{ name: 'throttled', before: true, after: false }],
    params: {},
    fresh: {},
  }),
  timeoutSeconds: () => 5,
};

const restart: ChangeKind<JsonObject, TankLook> = {
  kind: 'tank.restart',
  title: 'restart',
  disruption: () => ({ disruption: 'outage', why: 'there is one tank' }),
  describe: ({ object: { name } }) => ({ sentence: `Restart tank ${name}`, command: `tank restart ${name}` }),
  precondition: sameTank,
  undo: () => ({ none: 'a restart is not undone' }),
  expectedAlerts: ['TankDown'],
  timeoutSeconds: () => 5,
};

const ladder: readonly Remedy<TankLook>[] = [
  {
    name: 'flush',
    title: 'Flush',
    usually: 'none',
    propose: (look) => ({ changes: [draft(look, 'tank.flush')] }),
  },
  {
    name: 'throttle',
    title: 'Throttle',
    usually: 'none',
    propose: (look) =>
      look.details.throttled
        ? { skip: 'it is throttled already' }
        : {
            changes: [
              draft(look, 'tank.throttle', {
                fields: [{ name: 'throttled', before: false, after: true }],
                temporary: true,
              }),
            ],
          },
  },
  {
    name: 'restart',
    title: 'Restart',
    usually: 'outage',
    propose: (look) => ({
      changes: [draft(look, 'tank.restart', { fresh: { startedAt: look.identity.startedAt ?? null } })],
    }),
  },
];

function diagnose(look: TankLook): Diagnosis {
  const percent = look.measure?.percent ?? 0;
  const { warningPercent, criticalPercent } = look.policy.thresholds;
  const level = percent >= criticalPercent ? 'critical' : percent >= warningPercent ? 'warning' : 'normal';
  return { level, levelWhy: `${percent.toFixed(0)} %`, causes: [] };
}

/** The runbook of the tank. */
export const runbook: Runbook<TankLook> = {
  name: 'TANK-1',
  title: 'Tank full',
  version: 1,
  targetKinds: ['tank'],
  page: {
    alerts: ['TankFull'],
    symptoms: [],
    impact: 'none',
    lookedAt: ['level'],
    verification: ['below'],
    escalation: [],
  },
  changeKinds: [flush, throttle, restart],
  ladder,
  diagnose,
  verify(look, _before, samples: readonly Sample[]) {
    const worst = Math.max(
      ...samples.map((sample) => percentOf(sample) ?? 100),
      look.measure?.percent ?? 100,
    );
    const { warningPercent } = look.policy.thresholds;
    return [
      { name: 'below the threshold', passed: worst < warningPercent, note: `${worst.toFixed(0)} %` },
      { name: 'healthy', passed: look.healthy, note: look.healthNote ?? 'ok' },
    ];
  },
  recommend: () => [{ title: 'A larger tank', why: 'it was full' }],
};
