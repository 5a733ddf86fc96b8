import type { Alert, Severity } from '../../../model/alert.js';
import type { Policy } from '../../../model/policy.js';
import type { Shape } from '../histories/shape.js';
import { tankShapes } from '../histories/tank-shapes.js';
import { quick } from '../nightshift.js';
import type { Tank } from '../tank/world.js';
import { type Known, knownOf } from './known.js';
import { Random } from './random.js';

/** How a run ends that has no result. */
export type CutShort = 'terminated' | 'timed-out';

/** One incident that is to be played. */
export interface Planned {
  /** Last part of the target's key; none is the end of another one. */
  readonly name: string;
  /** Its own shape's name, or how it is cut short. */
  readonly kind: string;
  readonly shape: Shape;
  readonly known: Known;
  readonly cut?: CutShort;
  readonly alert: Partial<Alert> & { readonly name: string };
  readonly policy: Policy;
  /** In hundredths of the tank; `none`: there is no such tank. */
  readonly tank: Partial<Tank> | 'none';
  /** Bytes of one hundredth. */
  readonly unit: number;
  /** Who answers where the shape says ana and ben. */
  readonly people: { readonly ana: string; readonly ben: string };
  /** How long people take before they answer, ms. */
  readonly hesitates: number;
}

const mebibyte = 1024 * 1024;
const services = ['orders', 'billing', 'search', 'mail', 'reports', 'agent'];
const alertNames = ['TankFull', 'TankAlmostFull', 'TankFillsFast', 'TankPressure'];
const pairs = [
  { ana: 'ana', ben: 'ben' },
  { ana: 'carla', ben: 'dmitri' },
  { ana: 'edith', ben: 'farid' },
];
/** Shapes that come to themselves only with the severity that their story names. */
const severityMatters = ['joined-and-repeated-alerts'];

const cutShort: Readonly<Record<CutShort, Shape>> = {
  terminated: asksAndIsCut('terminated'),
  'timed-out': asksAndIsCut('timed-out'),
};

function asksAndIsCut(name: CutShort): Shape {
  return { name, outcome: 'escalated', facts: [], policy: { remediesOff: ['flush', 'throttle'] } };
}

/** So many incidents, of every shape at least two. The same seed gives the same ones. */
export function planned(count: number, seed: number): readonly Planned[] {
  const random = new Random(seed);
  // The candidates stand in the place of the tanks' first runbook: they say nothing of what another one opened.
  const ofTheFirst = tankShapes.filter(({ alert }) => alert?.runbook === undefined);
  const shapes = [...ofTheFirst, ...Object.values(cutShort)];
  const often = shapes.filter(({ name }) => !known(name).slow);
  const chosen = [...shapes, ...shapes];
  if (chosen.length > count) throw new RangeError(`two of every shape are ${chosen.length}, not ${count}`);
  while (chosen.length < count) chosen.push(random.pick(often));
  return chosen.map((shape, n) => plan(shape, n, random));
}

function known(name: string): Known {
  const found = knownOf[name];
  if (!found) throw new Error(`known.ts does not say what the shape ${name} comes to`);
  return found;
}

function plan(shape: Shape, n: number, random: Random): Planned {
  const severity = severityMatters.includes(shape.name)
    ? 'critical'
    : random.pick<Severity>(['critical', 'warning']);
  const isCut = shape.name === 'terminated' || shape.name === 'timed-out';
  return {
    name: `${random.pick(services)}-${String(n).padStart(3, '0')}`,
    kind: shape.name,
    shape,
    known: known(shape.name),
    ...(isCut && { cut: shape.name as CutShort }),
    alert: { name: random.pick(alertNames), severity, ...shape.alert },
    policy: policyOf(shape, random),
    tank: tankOf(shape, random),
    unit: Math.round(mebibyte * random.pick([1, 2.56, 5.12, 10.24, 81.92])),
    people: peopleIn(shape, random),
    hesitates: Math.round(random.between(0, 700)),
  };
}

/** Where the story names who may answer, or who asked, they are called so. */
function peopleIn({ policy, alert }: Shape, random: Random): Planned['people'] {
  const named = policy?.decisions?.group.length || alert?.source?.startsWith('person:');
  return named ? { ana: 'ana', ben: 'ben' } : random.pick(pairs);
}

/** The shape's own, with time enough for a machine that plays many at once, and budgets that none of them meets. */
function policyOf(shape: Shape, random: Random): Policy {
  const own = shape.policy ?? {};
  const decisions = own.decisions ?? quick.decisions;
  return {
    ...quick,
    deadlines: { warningSeconds: 300, criticalSeconds: 300 },
    pauseLimitSeconds: 120,
    budget: { perObjectPerHour: 5, perScopePerHour: 10_000, atOnce: 1000 },
    soak: { seconds: random.between(0.3, 0.8), everySeconds: 0.1 },
    ...own,
    ...(own.deadlines && { deadlines: { warningSeconds: 15, criticalSeconds: 15 } }),
    decisions: { ...decisions, timeLimitSeconds: timeLimitOf(shape) },
  };
}

/** What is sampled while people think is sampled ten times in it: where the story waits for that, it is short. */
const sampledMeanwhile = [
  'self-recovered-while-deciding',
  'void-by-replacement',
  'restarted-by-itself-while-deciding',
];

function timeLimitOf({ name, policy }: Shape): number {
  const own = policy?.decisions?.timeLimitSeconds;
  if (own === 1) return own;
  return sampledMeanwhile.includes(name) ? 30 : 90;
}

/** How full, and what each remedy frees: as the shape has it, varied where it does not say. */
function tankOf({ tank }: Shape, random: Random): Planned['tank'] {
  if (tank === 'none') return 'none';
  const flushHelps = tank?.flushedTo !== undefined && tank.flushedTo < 80;
  return {
    used: random.between(94, 98.5),
    restartedTo: random.between(10, 40),
    ...tank,
    flushedTo: flushHelps ? random.between(25, 70) : (tank?.flushedTo ?? random.between(91, 93)),
  };
}
