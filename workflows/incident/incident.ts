import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import type { Alert, Severity } from '../../model/alert.js';
import type { Change, ChangeDraft, ChangeKind } from '../../model/change.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import { shortId } from '../../model/digest.js';
import type { Sample } from '../../model/evidence.js';
import type { Fact, FactBody, Outcome } from '../../model/facts.js';
import type { HoldOff, LeaseRelease } from '../../model/governor.js';
import type { Verdict } from '../../model/guardrails/verdict.js';
import type { JsonObject } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import type { Runbook } from '../../model/runbook.js';
import type { IncidentInput } from '../contract.js';
import type { DecisionDesk } from './decisions.js';
import { Inbox } from './inbox.js';
import type { Messenger } from './messenger.js';

/** A change that was sent, or may have been, with what undoes it. */
export interface Compensation {
  readonly change: Change;
  /** Of the runbook that made it: the incident may have taken up another one since. */
  readonly kind: ChangeKind<JsonObject, AnyLook>;
  readonly runbook: string;
  undo: ChangeDraft | { readonly none: string };
  state: 'registered' | 'applied' | 'unknown' | 'not applied' | 'undone';
  /** ISO: when it is taken back by itself, once that has been handed on. */
  endsAt?: string;
}

/** The end of an incident, thrown by whatever finds that it has come. */
export class IncidentOver extends Error {
  constructor(
    readonly outcome: Outcome,
    readonly why: string,
  ) {
    super(`${outcome}: ${why}`);
    this.name = 'IncidentOver';
  }
}

/** Everything that one incident knows. Its facts are the record; the rest is derived for quick use. */
export class Incident {
  readonly facts: Fact[] = [];
  readonly inbox = new Inbox();
  readonly compensations: Compensation[] = [];
  readonly releases = new Map<string, LeaseRelease>();
  readonly samples: Sample[] = [];
  readonly applied: string[] = [];
  /** Hashes of changes that this incident has tried: none is tried twice. */
  readonly tried = new Set<string>();
  readonly id = shortId(workflowInfo().runId);
  /** A rehearsal: nothing is changed. Over when something real needs this incident. */
  observeOnly: boolean;
  /** Set by whoever wires the incident up, before anything runs. */
  desk!: DecisionDesk;
  messenger!: Messenger;
  firstLook: AnyLook | undefined;
  look: AnyLook | undefined;
  diagnosis: Diagnosis | undefined;
  /** Why the last look saw nothing, if it did not. */
  blind: string | undefined;
  pausedUntil: number | undefined;
  /** ISO; after it people are told, whatever the state. */
  deadline: string | undefined;
  /** Set before the first look brought the policy: the first look replaces it. */
  deadlineProvisional = false;
  /** When another runbook was taken up, ms: its deadline counts from there. */
  takenUpAt: number | undefined;
  deadlinePassed = false;
  voided = 0;
  /** The end is being wrapped up: what comes now is worked afterwards. */
  closing = false;
  cancelledBy: string | undefined;
  holdOff: HoldOff | undefined;
  /** When the level was first critical, in ms. */
  criticalSince: number | undefined;
  escalated = false;
  /** Alert names that a change of ours must be expected to cause, until it has settled. */
  expecting: readonly string[] = [];
  /** Approvals that had no chance yet, by the change's hash: until when they are good, in ms. */
  readonly approvals = new Map<string, number>();
  /** Changes, by hash, that are asked for because something came up when they were about to be sent: what. */
  readonly askFirst = new Map<string, string>();
  /** Level at which a change (by hash) was refused: it is tried again only at another one. */
  readonly refusedAt = new Map<string, string>();
  /** Verdicts of every refusal. */
  readonly refusals: (readonly Verdict[])[] = [];
  /** Why a person said no, if one did. */
  rejected: string | undefined;
  /** A soak failed: from then on resolved alerts prove nothing. */
  soakFailed = false;
  /** The ladder is climbed again only because more is known: what was said of a rung is not said a second time. */
  lookingAgain = false;
  private changes = 0;

  constructor(
    readonly input: IncidentInput,
    public runbook: Runbook<AnyLook>,
  ) {
    this.observeOnly = input.observeOnly;
  }

  /** The workflow's clock. */
  now(): number {
    return Date.now();
  }

  iso(offsetSeconds = 0): string {
    return new Date(this.now() + offsetSeconds * 1000).toISOString();
  }

  append(body: FactBody): void {
    this.facts.push({ ...body, n: this.facts.length + 1, at: this.iso() });
  }

  /** A ladder of its own for what is taken up: nothing of the last one's ends counts for it. */
  beginAnew(): void {
    this.firstLook = undefined;
    this.diagnosis = undefined;
    this.soakFailed = false;
    this.lookingAgain = false;
    this.tried.clear();
    this.askFirst.clear();
    this.refusedAt.clear();
    this.refusals.length = 0;
    this.applied.length = 0;
    this.rejected = undefined;
    this.voided = 0;
    this.closing = false;
    this.escalated = false;
    this.deadlinePassed = false;
    this.deadline = undefined;
    this.criticalSince = undefined;
    this.takenUpAt = this.now();
  }

  /** True where a person rehearses, and this alert is not of a person's making: it is not rehearsed, but worked. */
  interruptsRehearsal({ source }: Alert): boolean {
    return this.observeOnly && this.input.openedBy.startsWith('person:') && !source.startsWith('person:');
  }

  over(outcome: Outcome, why: string): IncidentOver {
    return new IncidentOver(outcome, why);
  }

  nextChangeId(): string {
    this.changes += 1;
    return `${this.id}/${this.changes}`;
  }

  /** Measured; the label of an alert can only raise it, and never from normal. */
  get level(): 'normal' | Severity {
    const measured = this.diagnosis?.level ?? 'normal';
    return measured === 'warning' && this.labelled === 'critical' ? 'critical' : measured;
  }

  /** What the alerts of the runbook under work say. */
  private get labelled(): Severity {
    return this.inbox.severity(this.runbook.name);
  }

  get severity(): Severity {
    return this.level === 'critical' || this.labelled === 'critical' ? 'critical' : 'warning';
  }

  get policy(): AnyLook['policy'] {
    if (!this.look) throw new Error('no look has been had yet');
    return this.look.policy;
  }
}

/**
 * Runs `work` until it ends or `stop` comes true; then the work is cancelled and undefined is the answer.
 * Without a timer: `stop` is looked at whenever the workflow moves.
 */
export async function unless<T>(stop: () => boolean, work: () => Promise<T>): Promise<T | undefined> {
  if (stop()) return undefined;
  const scope = new CancellationScope();
  const stopped = new CancellationScope();
  const waiting = stopped
    .run(() => condition(stop))
    .then(
      () => scope.cancel(),
      () => undefined,
    );
  try {
    return await scope.run(work);
  } catch (error) {
    if (
      isCancellation(error) &&
      scope.consideredCancelled &&
      !CancellationScope.current().consideredCancelled
    )
      return undefined;
    throw error;
  } finally {
    stopped.cancel();
    await waiting;
  }
}
