import { fileURLToPath } from 'node:url';
import type { Registry } from '../activities/incident/index.js';
import type { Alert } from '../model/alert.js';
import type { Observed } from '../model/evidence.js';
import type { TargetAdapter } from '../model/extension.js';
import type { Policy } from '../model/policy.js';
import { anyRunbook } from '../model/runbook.js';
import { shortName, type Target } from '../model/target.js';
import { runbook as tank } from '../test/support/tank/runbook.js';
import { World } from '../test/support/tank/world.js';

/** Targets that answer at once: the tanks of the engine's own tests, made when they are first read. */
export const scope = 'tanks/bench';
export const tankRunbook = anyRunbook(tank);
export const tankModule = fileURLToPath(new URL('../test/support/tank/runbook.js', import.meta.url));

/**
 * What an incident of such a target comes to; the kind is the first part of its name.
 * - gentle: five activities: look, one remedy without disruption, settling, soak, look. Recovered.
 * - restart: the same five with a disruptive remedy, so that the governor is asked and told. Recovered.
 * - look: may only be observed, so it ends after its look (and tells the governor so).
 * - wait: its one remedy needs a decision, which nobody gives.
 */
export type TankKind = 'gentle' | 'restart' | 'look' | 'wait';

let made = 0;

/** A target that no incident has had yet. */
export function newTank(kind: TankKind): Target {
  made += 1;
  return tankNamed(`${kind}-${process.pid}-${made}`);
}

export function tankNamed(name: string): Target {
  return { key: `${scope}/${name}`, kind: 'tank', scope };
}

export function alertAbout({ key }: Target, given: Partial<Alert> = {}): Alert {
  const now = new Date().toISOString();
  return {
    name: 'TankFull',
    status: 'firing',
    severity: 'critical',
    fingerprint: key,
    labels: { alertname: 'TankFull', tank: shortName(key) },
    annotations: {},
    startsAt: now,
    receivedAt: now,
    runbook: tank.name,
    source: 'alertmanager',
    ...given,
  };
}

/** No waiting of ours, and no budget, so that what is measured is the engine and Temporal. */
const instant: Policy = {
  thresholds: { warningPercent: 80, criticalPercent: 90 },
  remediesOff: [],
  autonomy: { target: 'auto', byDisruption: {}, byKind: {} },
  decisions: {
    group: [],
    secondGroup: [],
    approvals: 1,
    timeLimitSeconds: 14_400,
    reminderSeconds: 0,
    onExpiry: 'escalate',
    notTheRequester: true,
    trustTemporalAccess: false,
  },
  freezes: [],
  holds: [],
  protected: [],
  budget: { perObjectPerHour: 1000, perScopePerHour: 1_000_000, atOnce: 10_000 },
  cooldownSeconds: 0,
  deadlines: { warningSeconds: 14_400, criticalSeconds: 14_400 },
  settleSeconds: 0,
  soak: { seconds: 0, everySeconds: 1 },
  pauseLimitSeconds: 60,
  holdOff: { firstSeconds: 1, maxSeconds: 1 },
};

const onlyRestart = ['flush', 'throttle'];
const policies: Readonly<Record<TankKind, Policy>> = {
  gentle: instant,
  restart: { ...instant, remediesOff: onlyRestart },
  look: { ...instant, autonomy: { ...instant.autonomy, target: 'observe' } },
  wait: {
    ...instant,
    remediesOff: onlyRestart,
    autonomy: { ...instant.autonomy, byDisruption: { outage: 'approve' } },
  },
};

function kindOf({ key }: Target): TankKind {
  return shortName(key).split('-')[0] as TankKind;
}

export interface Hooks {
  /** A target is read, by an activity: for the first time, or again. */
  read(target: Target): void;
}

/** What a worker needs for the tanks. `padding`: bytes that are added to each look, so that it is as large as a real one. */
export function tankRegistry(hooks: Hooks = { read: () => undefined }, padding = 0): Registry {
  const world = new World();
  const there = (target: Target): void => {
    if (!world.tanks.has(target.key)) world.tank(target.key, { flushedTo: 50 });
  };
  const more = evidence(padding);
  const adapter: TargetAdapter = {
    targetKinds: ['tank'],
    async read(target, settings, context) {
      hooks.read(target);
      there(target);
      const reading = await world.adapter.read(target, settings, context);
      return { ...reading, evidence: [...reading.evidence, ...more] };
    },
    sample(target, settings, context) {
      there(target);
      return world.adapter.sample(target, settings, context);
    },
  };
  return {
    adapters: [adapter],
    appliers: world.appliers,
    runbooks: [tankRunbook],
    policyFor: (target) => ({ policy: policies[kindOf(target)], settings: {}, digest: 'bench' }),
    secret: () => 'none',
    now: () => new Date(),
  };
}

/** Observations of some 250 bytes each, as a look at a container has them. */
function evidence(bytes: number): readonly Observed[] {
  return Array.from({ length: Math.round(bytes / 250) }, (_, n) => ({
    source: 'padding',
    name: `padding.${n}`,
    at: '2026-01-01T00:00:00.000Z',
    value:
      'as much text as an observation of a process or of a line in a log has, so that it weighs as much in memory, in the history and on the wire',
  }));
}
