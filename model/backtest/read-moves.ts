import type { Fact, FactOf, Rung } from '../facts.js';
import { secondsBetween } from '../format.js';
import { ruling } from '../guardrails/index.js';
import type { Verdict } from '../guardrails/verdict.js';
import type { ChangeMove, Move, Question, SoakMove, WatchMove } from './moves.js';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Reading {
  readonly moves: Move[];
  readonly changes: Map<string, Mutable<ChangeMove>>;
  readonly openedAt: string;
  runbook: string;
  ladder: readonly Rung[];
  /** Hashes whose approval may still hold. */
  readonly approved: Set<string>;
  watch?: Mutable<WatchMove>;
  soak?: Mutable<SoakMove>;
}

/** What an incident did, read from its facts: the moves that a backtest compares. */
export function movesOf(facts: readonly Fact[]): readonly Move[] {
  const reading: Reading = {
    moves: [],
    changes: new Map(),
    openedAt: facts[0]?.at ?? '',
    runbook: '',
    ladder: [],
    approved: new Set(),
  };
  for (const fact of facts) take(reading, fact);
  return reading.moves;
}

type Taker<Type extends Fact['type']> = (reading: Reading, fact: FactOf<Type>) => void;

function take(reading: Reading, fact: Fact): void {
  if (endsWatch.has(fact.type) || (fact.type === 'samples' && fact.why === 'watching'))
    endWatch(reading, fact);
  const taker = takers[fact.type] as Taker<typeof fact.type> | undefined;
  taker?.(reading, fact as never);
  if ('changeId' in fact && fact.changeId !== undefined) ofChange(reading, fact, fact.changeId);
}

const takers: { readonly [Type in Fact['type']]?: Taker<Type> } = {
  opened: climbs,
  runbookChanged: climbs,
  rungSkipped: leftOut,
  planned,
  watching: (reading, fact) => {
    reading.watch = { type: 'watch', ...moment(reading, fact) };
    reading.moves.push(reading.watch);
  },
  verifying: (reading, fact) => {
    reading.soak = { type: 'soak', ...moment(reading, fact), plannedSeconds: fact.seconds, failed: [] };
    reading.moves.push(reading.soak);
  },
  verified,
  escalated: (reading, fact) =>
    void reading.moves.push({ type: 'escalation', ...moment(reading, fact), why: fact.why }),
  closed: (reading, fact) =>
    void reading.moves.push({ type: 'end', ...moment(reading, fact), outcome: fact.outcome, why: fact.why }),
};

function climbs(reading: Reading, { runbook, ladder }: FactOf<'opened' | 'runbookChanged'>): void {
  reading.runbook = runbook;
  reading.ladder = ladder;
}

/** What the engine does next when a watch is over; what only happens to it (alerts, answers) does not end it. */
const endsWatch: ReadonlySet<Fact['type']> = new Set([
  'looked',
  'rungStarted',
  'verifying',
  'cancelRequested',
  'closed',
]);

function endWatch(reading: Reading, { at }: Fact): void {
  if (reading.watch) reading.watch.seconds = secondsBetween(reading.watch.at, at);
  delete reading.watch;
}

function moment({ openedAt }: Reading, { at }: Fact) {
  return { at, afterSeconds: secondsBetween(openedAt, at) };
}

function titleOf({ ladder }: Reading, remedy: string): string {
  return ladder.find((rung) => rung.remedy === remedy)?.title ?? remedy;
}

/** Told once: when the ladder is climbed again, a rung that was worked or left out before says nothing new. */
function leftOut(reading: Reading, fact: FactOf<'rungSkipped'>): void {
  const { runbook } = reading;
  const { remedy, why } = fact;
  const known = reading.moves.some(
    (move) =>
      (move.type === 'change' || (move.type === 'leftOut' && move.why === why)) &&
      move.remedy === remedy &&
      move.runbook === runbook,
  );
  if (known) return;
  const title = titleOf(reading, remedy);
  reading.moves.push({ type: 'leftOut', ...moment(reading, fact), runbook, remedy, title, why });
}

function planned(reading: Reading, fact: FactOf<'planned'>): void {
  const { change, hash, verdicts } = fact;
  const autonomyWhy = verdicts.find(({ guardrail }) => guardrail === 'autonomy')?.why;
  const move: Mutable<ChangeMove> = {
    type: 'change',
    ...moment(reading, fact),
    runbook: reading.runbook,
    remedy: change.remedy,
    title: titleOf(reading, change.remedy),
    changeId: change.id,
    kind: change.kind,
    object: change.object.key,
    hash,
    sentence: change.sentence,
    disruption: change.disruption,
    ruling: ruling(verdicts),
    ...(autonomyWhy !== undefined && { autonomyWhy }),
    end: 'unfinished',
    note: '',
    undone: false,
  };
  reading.moves.push(move);
  reading.changes.set(change.id, move);
}

function verified(reading: Reading, { passed, checks }: FactOf<'verified'>): void {
  const { soak } = reading;
  if (!soak) return;
  soak.passed = passed;
  soak.failed = checks.filter((check) => !check.passed).map(({ name, note }) => `${name}: ${note}`);
  delete reading.soak;
}

function ofChange(reading: Reading, fact: Fact, changeId: string): void {
  const move = reading.changes.get(changeId);
  const taker = changeTakers[fact.type] as ChangeTaker<typeof fact.type> | undefined;
  if (move) taker?.(move, fact as never, reading);
}

type ChangeTaker<Type extends Fact['type']> = (
  move: Mutable<ChangeMove>,
  fact: FactOf<Type>,
  reading: Reading,
) => void;

const changeTakers: { readonly [Type in Fact['type']]?: ChangeTaker<Type> } = {
  refused: (move, fact) => {
    move.refusal = refusalOf(fact);
    end(move, 'refused', fact.why);
  },
  decisionRequested: (move, fact, reading) => {
    const { afterSeconds } = moment(reading, fact);
    move.permission = 'asked';
    move.question = { why: fact.why, approvals: fact.approvals, afterSeconds, by: [] };
  },
  answered,
  decided,
  goingAhead: (move, _fact, reading) => {
    move.permission ??= reading.approved.has(move.hash) ? 'approvedBefore' : 'automatic';
    end(move, 'sent', '');
  },
  applied: (move, fact, reading) => {
    if (fact.effect.status === 'applied') move.carriedOutAfterSeconds = moment(reading, fact).afterSeconds;
    reading.approved.delete(move.hash);
    end(move, fact.effect.status, fact.effect.note);
  },
  notApplied: (move, fact) => end(move, fact.unknown ? 'maybeApplied' : 'notApplied', fact.why),
  settled: (move, fact) => {
    move.helped = fact.helped;
    if (fact.freedBytes !== undefined) move.freedBytes = fact.freedBytes;
  },
  rolledBack: (move, fact) => {
    move.undone = fact.error === undefined;
  },
};

function end(move: Mutable<ChangeMove>, how: ChangeMove['end'], note: string): void {
  move.end = how;
  move.note = note;
}

/** As the engine names it: the guardrail that refused, else the one that did not allow, else the precondition. */
function refusalOf({ verdicts, why }: FactOf<'refused'>): {
  readonly guardrail: string;
  readonly why: string;
} {
  const named = (says: Verdict['says']) => verdicts.find((verdict) => verdict.says === says)?.guardrail;
  return { guardrail: named('refuse') ?? named('ask') ?? 'precondition', why };
}

function answered(move: Mutable<ChangeMove>, { accepted, by }: FactOf<'answered'>): void {
  const { question } = move;
  if (!question || !accepted || question.by.includes(by)) return;
  move.question = { ...question, by: [...question.by, by] };
}

function decided(move: Mutable<ChangeMove>, fact: FactOf<'decided'>, reading: Reading): void {
  const { answer, why } = fact;
  const { afterSeconds } = moment(reading, fact);
  const asked: Question = move.question ?? { why: [], approvals: 1, afterSeconds, by: [] };
  move.question = { ...asked, answer, answerWhy: why, answeredAfterSeconds: afterSeconds };
  if (answer === 'approved') reading.approved.add(move.hash);
  else end(move, answer, why);
}
