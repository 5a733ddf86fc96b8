import type { WorkflowHandle } from '@temporalio/client';
import type { Alert } from '../../../model/alert.js';
import type { Decision, DecisionReply } from '../../../model/decision.js';
import type { FactBody, Outcome } from '../../../model/facts.js';
import type { Policy } from '../../../model/policy.js';
import type { IncidentView } from '../../../model/view.js';
import type { Bench } from '../nightshift.js';
import type { Tank, World } from '../tank/world.js';

/** What a shape's story can do while its incident runs. */
export interface Scene {
  readonly night: Bench;
  readonly world: World;
  readonly handle: WorkflowHandle;
  /** The tank that the incident is about; there is none where the shape says so. */
  readonly tank: Tank;
  readonly key: string;
  until(holds: (view: IncidentView) => boolean): Promise<IncidentView>;
  /** Waits until a change is asked for. */
  asked(): Promise<string>;
  decide(decision: Partial<Decision> & { readonly hash: string }): Promise<DecisionReply>;
  pause(ms: number): Promise<void>;
}

/** One shape that an incident can take, how it comes to it, and how it is recognised. */
export interface Shape {
  /** Of its file, too. */
  readonly name: string;
  readonly outcome: Outcome;
  /** Facts that make it this shape. */
  readonly facts: readonly FactBody['type'][];
  readonly policy?: Partial<Policy>;
  /** `none`: there is no such tank. */
  readonly tank?: Partial<Tank> | 'none';
  readonly alert?: Partial<Alert>;
  readonly observeOnly?: boolean;
  /** Before the incident opens. */
  before?(night: Bench, world: World, name: string): Promise<void>;
  play?(scene: Scene): Promise<void>;
}

/** A closed incident as its history keeps it. */
export interface Told {
  readonly outcome: Outcome;
  readonly facts: readonly { readonly type: FactBody['type'] }[];
}

/** Why this is not that shape, or undefined. */
export function unlike({ outcome, facts: wanted }: Shape | RealShape, told: Told): string | undefined {
  if (told.outcome !== outcome) return `it ended ${told.outcome}, not ${outcome}`;
  const missing = wanted.find((type) => !told.facts.some((fact) => fact.type === type));
  return missing === undefined ? undefined : `it has no fact ${missing}`;
}

export type RealShape = Pick<Shape, 'name' | 'outcome' | 'facts'>;
