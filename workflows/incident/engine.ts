import {
  CancellationScope,
  condition,
  DeterminismViolationError,
  defineQuery,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Alert } from '../../model/alert.js';
import { type Control, type Decision, type DecisionReply, malformedDecision } from '../../model/decision.js';
import type { Fact, Outcome } from '../../model/facts.js';
import { fold } from '../../model/fold.js';
import { type FreshJudgement, judgeFresh } from '../../model/fresh-verdicts.js';
import type { Json } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import type { Runbook } from '../../model/runbook.js';
import type { IncidentView } from '../../model/view.js';
import {
  type Delivery,
  type IncidentInput,
  type IncidentResult,
  type JudgeQuestion,
  queries,
  type SignalledDecision,
  searchAttributes,
  signals,
  stoppedByDefect,
  updates,
} from '../contract.js';
import { lookedAgain } from './again.js';
import { close, wrapUp } from './closing.js';
import { extendDeadline, watchDeadline } from './deadline.js';
import { DecisionDesk } from './decisions.js';
import { Incident, IncidentOver } from './incident.js';
import { climb, watch } from './ladder.js';
import { lookAt } from './looking.js';
import { Messenger } from './messenger.js';
import { pause, resume } from './pausing.js';
import { register, runbookNamed } from './runbooks.js';
import { verify } from './verification.js';

const alertSignal = defineSignal<[Alert]>(signals.alert);
const approveSignal = defineSignal<[SignalledDecision]>(signals.approve);
const rejectSignal = defineSignal<[SignalledDecision]>(signals.reject);
const pauseSignal = defineSignal<[Control]>(signals.pause);
const resumeSignal = defineSignal<[Control]>(signals.resume);
const cancelSignal = defineSignal<[Control]>(signals.cancel);
const deliveredSignal = defineSignal<[Delivery]>(signals.delivered);
const decideUpdate = defineUpdate<DecisionReply, [Decision]>(updates.decide);
const viewQuery = defineQuery<IncidentView>(queries.view);
const factsQuery = defineQuery<readonly Fact[]>(queries.facts);
const judgeQuery = defineQuery<FreshJudgement, JudgeQuestion>(queries.judge);

/** The workflow of one runbook: what it exports under its own name. */
export type IncidentWorkflow = (input: IncidentInput) => Promise<IncidentResult>;

/** Makes a runbook's workflow on the one engine. */
export function incidentWorkflow<L extends AnyLook>(runbook: Runbook<L>): IncidentWorkflow {
  register(runbook);
  return (input) => runIncident(input, runbook.name);
}

async function runIncident(input: IncidentInput, name: string): Promise<IncidentResult> {
  const incident = open(input, runbookNamed(name) as Runbook<AnyLook>);
  const work = new CancellationScope();
  listen(incident, work);
  if (input.alert) alertCame(incident, input.alert);
  const deadline = watchDeadline(incident);

  for (;;) {
    const { outcome, why } = await workToItsEnd(incident, work);
    await wrapUp(incident, outcome, why);
    // From here to the return nothing waits: an alert that came late is worked in this same incident.
    const late = work.consideredCancelled ? undefined : incident.inbox.unworked;
    if (!late) {
      deadline.cancel();
      return close(incident, outcome, why);
    }
    takeUp(incident, late);
  }
}

function open(input: IncidentInput, runbook: Runbook<AnyLook>): Incident {
  const incident = new Incident(input, runbook);
  incident.desk = new DecisionDesk(incident);
  incident.messenger = new Messenger(incident);
  incident.append({
    type: 'opened',
    target: input.target,
    runbook: runbook.name,
    runbookVersion: runbook.version,
    product: input.product,
    by: input.openedBy,
    shortId: incident.id,
    runId: workflowInfo().runId,
    ladder: rungs(runbook),
    observeOnly: input.observeOnly,
    ...(input.rerunOf !== undefined && { rerunOf: input.rerunOf }),
  });
  upsertSearchAttributes([
    { key: searchAttributes.target, value: input.target.key },
    { key: searchAttributes.runbook, value: runbook.name },
    { key: searchAttributes.shortId, value: incident.id },
    { key: searchAttributes.needsDecision, value: false },
  ]);
  return incident;
}

function rungs(runbook: Runbook<AnyLook>) {
  return runbook.ladder.map(({ name, title, usually }) => ({ remedy: name, title, usually }));
}

/** All messages are taken synchronously: an incident never holds a message half taken. */
function listen(incident: Incident, work: CancellationScope): void {
  setHandler(alertSignal, (alert) => alertCame(incident, alert));
  setHandler(approveSignal, (decision) => signalled(incident, decision, 'approve'));
  setHandler(rejectSignal, (decision) => signalled(incident, decision, 'reject'));
  setHandler(pauseSignal, (control) => pause(incident, control));
  setHandler(resumeSignal, (control) => resume(incident, control));
  setHandler(cancelSignal, ({ by, reason }) => {
    incident.append({ type: 'cancelRequested', by, reason: reason ?? 'no reason given' });
    incident.cancelledBy = by;
    work.cancel();
  });
  setHandler(deliveredSignal, (delivery) => incident.append({ type: 'notified', ...delivery }));
  setHandler(decideUpdate, (decision) => incident.desk.answer(decision, 'update'), {
    validator: (decision) => {
      const wrong = malformedDecision(decision as unknown as Json);
      if (wrong) throw new Error(wrong);
    },
  });
  setHandler(viewQuery, () => fold(incident.facts));
  setHandler(factsQuery, () => incident.facts);
  setHandler(judgeQuery, (request, look, now) =>
    judgeFresh(request, look, runbookNamed(request.runbook), now),
  );
}

function alertCame(incident: Incident, alert: Alert): void {
  const expected = incident.expecting.includes(alert.name)
    ? 'our own change must be expected to cause it'
    : undefined;
  const { runbook } = incident;
  const closing = incident.closing || incident.interruptsRehearsal(alert);
  const fact = incident.inbox.take(alert, { runbook: runbook.name, closing, expected });
  if (fact) incident.append(fact);
  extendDeadline(incident);
}

/** A signal proves nothing about who sent it, so its identity is `none`; malformed ones become facts. */
function signalled(
  incident: Incident,
  given: SignalledDecision | undefined,
  answer: 'approve' | 'reject',
): void {
  const decision: Decision = {
    hash: given?.hash ?? incident.desk.open?.hash ?? '0'.repeat(16),
    answer,
    by: given?.by ?? '',
    verified: 'none',
    ...(given?.comment !== undefined && { comment: given.comment }),
  };
  const wrong = malformedDecision({ ...decision } as unknown as Json);
  if (wrong) incident.append({ type: 'noted', text: `a signal '${answer}' could not be used: ${wrong}` });
  else incident.desk.answer(decision, 'signal');
}

interface End {
  readonly outcome: Outcome;
  readonly why: string;
}

async function workToItsEnd(incident: Incident, scope: CancellationScope): Promise<End> {
  try {
    return await scope.run(() => workThrough(incident));
  } catch (error) {
    if (error instanceof IncidentOver) return error;
    if (isCancellation(error))
      return {
        outcome: 'cancelled',
        why: incident.cancelledBy ? `by ${incident.cancelledBy}` : 'through Temporal',
      };
    // People are reached whatever happens: a defect must not leave the incident retrying for ever.
    if (error instanceof DeterminismViolationError) throw error;
    const what = error instanceof Error ? error.message : String(error);
    return { outcome: 'escalated', why: `${stoppedByDefect}: ${what}` };
  }
}

/** Look, climb, verify, and round again, until there is an end. */
async function workThrough(incident: Incident): Promise<End> {
  await condition(() => !incident.inbox.empty || incident.input.openedBy.startsWith('person:'));
  // A real alert that was there before the rehearsal began is not rehearsed either.
  incident.inbox.markWorked(incident.runbook.name, (alert) => incident.interruptsRehearsal(alert));
  extendDeadline(incident);
  await lookAt(incident, 'at the beginning');
  for (;;) {
    const climbed = await climb(incident);
    if (climbed.end === 'verify') {
      if (await verify(incident)) return recovered(incident);
      if (incident.deadlinePassed && incident.level === 'normal')
        return { outcome: 'escalated', why: 'it does not verify, and its time is over' };
      continue;
    }
    const end = exhausted(incident);
    const open = end === undefined || end.outcome === 'escalated';
    if (open && (await lookedAgain(incident))) continue;
    if (end) return end;
    if (!(await watch(incident)))
      return { outcome: 'escalated', why: 'no gentle remedy is left, and it stayed above the threshold' };
  }
}

function recovered(incident: Incident): End {
  return incident.applied.length > 0
    ? { outcome: 'recovered', why: `after ${[...new Set(incident.applied)].join(', ')}` }
    : { outcome: 'self-recovered', why: 'nothing of ours was needed' };
}

/** What an exhausted ladder comes to; undefined: a warning is watched on. */
function exhausted(incident: Incident): End | undefined {
  if (incident.rejected !== undefined) return { outcome: 'declined', why: incident.rejected };
  if (incident.applied.length === 0 && mayOnlyLook(incident))
    return { outcome: 'observed', why: 'looked and planned; nothing may be changed here' };
  if (incident.level === 'warning' && !incident.deadlinePassed) return undefined;
  return { outcome: 'escalated', why: 'no remedy is left' };
}

/** A rehearsal, or a target whose autonomy refused whatever was planned. */
function mayOnlyLook({ observeOnly, policy, refusals }: Incident): boolean {
  const { target } = policy.autonomy;
  if (observeOnly || target === 'observe' || target === 'plan') return true;
  return (
    refusals.length > 0 &&
    refusals.every((verdicts) =>
      verdicts.some(({ says, guardrail }) => says === 'refuse' && guardrail === 'autonomy'),
    )
  );
}

/** Takes up an alert of another runbook, or one that came when the incident was about to end. */
function takeUp(incident: Incident, alert: Alert): void {
  if (incident.interruptsRehearsal(alert)) {
    incident.observeOnly = false;
    incident.append({ type: 'rehearsalEnded', why: `alert ${alert.name} came from ${alert.source}` });
  }
  const runbook = runbookNamed(alert.runbook);
  if (!runbook || runbook.name === incident.runbook.name) {
    incident.inbox.markWorked(alert.runbook);
    incident.append({ type: 'noted', text: `alert ${alert.name} came late and is worked in this incident` });
  } else {
    incident.runbook = runbook;
    incident.append({
      type: 'runbookChanged',
      runbook: runbook.name,
      runbookVersion: runbook.version,
      ladder: rungs(runbook),
      why: `alert ${alert.name} is of runbook ${runbook.name}`,
    });
  }
  incident.beginAnew();
}
