import type { CarryOutRequest, CarryOutResult, SampleResult } from '../../model/activities.js';
import { changeHash } from '../../model/change.js';
import { isFinal } from '../../model/errors.js';
import type { Sample } from '../../model/evidence.js';
import type { Json } from '../../model/json.js';
import type { AnyLook } from '../../model/look.js';
import { decisionAnswers } from './questions.js';
import type { Call, Message, Tape } from './tape.js';
import { type Micros, microsOf } from './times.js';

/** One reading of the target, at the time at which it was taken. */
export interface Reading {
  readonly at: Micros;
  readonly sample: Sample;
}

/**
 * What is known of the target while a certain list of changes had been applied to it: everything that was asked and
 * that came, from the last of these changes to the next.
 */
export interface State {
  /** The changes so far, each as kind of effect and hash. */
  readonly key: string;
  /** The changes so far, for people. */
  readonly sentences: readonly string[];
  readonly from: Micros;
  readonly calls: readonly Call[];
  /** In order. */
  readonly readings: readonly Reading[];
  readonly messages: readonly Message[];
  /** What came while a change was being carried out that had an effect: it may have been caused by it. */
  readonly during: ReadonlyMap<Call, readonly Message[]>;
}

/** The key of the state that a change leads to. */
export function keyAfter(key: string, step: string): string {
  return key === '' ? step : `${key}, ${step}`;
}

/** What a carried-out change adds to the state; undefined where it left everything as it was. */
export function stepOf(request: CarryOutRequest, answer: Call['answer']): string | undefined {
  const status = answer && effectOf(answer);
  return status && `${request.mode} ${changeHash(request.change)} ${status}`;
}

/** A failure after which nobody knows whether it had its effect makes a state of its own. */
function effectOf(answer: NonNullable<Call['answer']>): string | undefined {
  if ('value' in answer) return (answer.value as CarryOutResult).effect?.status;
  const { cause } = answer.failure as { readonly cause?: FailureJson };
  if (isFinal(cause?.applicationFailureInfo?.type)) return undefined;
  const timeout = cause?.timeoutFailureInfo;
  const never = timeout?.timeoutType === 'TIMEOUT_TYPE_SCHEDULE_TO_START' && !timeout.lastHeartbeatDetails;
  return never ? undefined : 'unknown';
}

interface FailureJson {
  readonly applicationFailureInfo?: { readonly type?: string };
  readonly timeoutFailureInfo?: { readonly timeoutType?: string; readonly lastHeartbeatDetails?: Json };
}

/** The states that the recorded incident went through, in order. Answers to questions are kept with the question. */
export function statesOf(tape: Tape): readonly State[] {
  const answers = decisionAnswers(tape);
  const messages = tape.messages.filter((message) => message.name !== 'delivered' && !answers.has(message));
  const changes = tape.calls.filter((call) => call.type === 'carryOut' && step(call) !== undefined);
  let before: Micros = Number.NEGATIVE_INFINITY;
  let from = tape.firstTaskAt;
  let key = '';
  let sentences: readonly string[] = [];
  const states: State[] = [];
  for (const change of [...changes, undefined]) {
    const to = change?.answer?.at ?? Number.POSITIVE_INFINITY;
    const calls = tape.calls.filter(({ askedAt }) => askedAt >= from && askedAt < to);
    const came = messages.filter(({ at }) => at > before && at <= to);
    const own = came.filter(({ at }) => !change || at <= change.askedAt);
    const during = new Map(change ? [[change, came.filter(({ at }) => at > change.askedAt)]] : []);
    states.push({ key, sentences, from, calls, readings: readingsOf(calls), messages: own, during });
    if (!change) break;
    before = to;
    from = to;
    key = keyAfter(key, step(change) as string);
    sentences = [...sentences, requestOf(change).change.sentence];
  }
  return states;
}

function step(call: Call): string | undefined {
  return stepOf(requestOf(call), call.answer);
}

function requestOf(call: Call): CarryOutRequest {
  return call.request as CarryOutRequest;
}

function readingsOf(calls: readonly Call[]): readonly Reading[] {
  return calls.flatMap((call) => atServerTime(call, samplesOf(call))).sort((a, b) => a.at - b.at);
}

function samplesOf(call: Call): readonly Sample[] {
  if (call.type === 'sample' && call.answer && 'value' in call.answer)
    return (call.answer.value as SampleResult).samples;
  const look = lookIn(call);
  return look ? [asSample(look)] : [];
}

/** The look that a call brought: its own, or the fresh one before a change. */
export function lookIn({ type, answer }: Call): AnyLook | undefined {
  if (!answer || !('value' in answer)) return undefined;
  if (type === 'look') return answer.value as AnyLook;
  return type === 'carryOut' ? (answer.value as CarryOutResult).look : undefined;
}

function asSample({ at, measure, blind, kills, healthy, healthNote, identity }: AnyLook): Sample {
  const read = measure
    ? { used: measure.used, limit: measure.limit }
    : { gap: blind ?? 'it could not be read' };
  return {
    at,
    ...read,
    ...(kills !== undefined && { kills }),
    healthy,
    ...(healthNote !== undefined && { healthNote }),
    ...(measure && { id: identity.uid }),
    ...(measure && identity.startedAt !== undefined && { startedAt: identity.startedAt }),
  };
}

/** Samples carry the time of their worker. They were taken while the call ran: a clock that says otherwise is wrong. */
function atServerTime({ sentAt, endedAt }: Call, samples: readonly Sample[]): readonly Reading[] {
  const times = samples.map(({ at }) => microsOf(at));
  const early = sentAt - Math.min(...times);
  const late = Math.max(...times) - endedAt;
  const off = early > 0 ? early : late > 0 ? -late : 0;
  return samples.map((sample, n) => ({ at: (times[n] as Micros) + off, sample }));
}
