import type { Fact } from '../model/facts.js';
import { type Asked, keyOf, type RecordedCommand, recordedCommands } from './commands.js';
import { type FactPair, firstPair } from './facts.js';
import type { Heard } from './heard.js';
import { likely } from './likely.js';
import { type Difference, differences, gravest } from './same.js';
import type { Recording } from './types.js';
import type { EventFinding, Finding, FindingKind, Verdict } from './verdict.js';
import { askedLine, factLine, memberLine } from './words.js';

/** What a replay brought: all that was heard, and the error with which Temporal ended it, if it did. */
export interface Replayed {
  readonly heard: Heard;
  readonly error?: Error;
}

/** Two commands, recorded and asked for now, that are not the same. */
export interface CommandPair {
  readonly expected: RecordedCommand;
  readonly came?: Asked;
  readonly all: readonly Difference[];
}

/** What the replay of a recording came to. */
export function judge(recording: Recording, { heard, error }: Replayed): Verdict {
  const { name, workflowType, incident, facts } = recording;
  const about = { name, workflowType, ...(incident && { incident }) };
  const without = facts || heard.facts.length === 0 ? undefined : noFacts;
  const another = facts && anotherVersion(facts, heard.facts);
  const commands = recordedCommands(recording.history.events);
  const found = error ? ended(error, commands, heard) : askedOtherwise(commands, heard);
  if (another !== undefined && (!found || found.kind === 'words'))
    return { ...about, end: 'same', onlyCommands: another };
  const pair = facts && firstPair(facts, heard.facts, error === undefined);
  if (!found && !pair)
    return { ...about, end: 'same', ...(without !== undefined && { onlyCommands: without }) };
  const kind = found?.kind ?? (pair?.kind === 'value' ? 'facts' : 'words');
  // A sentence that reads otherwise is not why another thing was asked for.
  const telling = found && found.kind !== 'words' && pair?.kind !== 'value' ? undefined : pair;
  const expectedNext = telling || kind === 'gone' ? undefined : next(facts, heard.facts, error);
  const finding: Finding = {
    kind,
    sameFacts: telling?.index ?? heard.facts.length,
    ...(telling && { fact: factFinding(telling) }),
    ...(expectedNext && { fact: expectedNext }),
    ...(found?.event && { event: found.event }),
    ...(found?.said !== undefined && { said: found.said }),
    ...(without !== undefined && { onlyCommands: without }),
  };
  const guess = likely({ recording, heard, kind, pair: telling, command: found?.command });
  const soft = kind === 'facts' || kind === 'words';
  return {
    ...about,
    end: soft ? 'otherwise' : 'diverged',
    finding: { ...finding, ...(guess && { likely: guess }) },
  };
}

/** Rules of another version tell and weigh otherwise on purpose; what was asked of the world must still be the same. */
function anotherVersion(recorded: readonly Fact[], came: readonly Fact[]): string | undefined {
  const [then, now] = [versionIn(recorded), versionIn(came)];
  if (then === undefined || now === undefined || then === now) return undefined;
  return `it was recorded by version ${then} of its runbook, which is at version ${now} now, so only commands were compared`;
}

/** The version of its runbook, as the run's first facts tell. */
export function versionIn(facts: readonly Fact[]): number | undefined {
  return facts.find((fact) => fact.type === 'opened')?.runbookVersion;
}

const noFacts = 'the run has no result, so only commands could be compared';

/** The fact that was to come next, where all that came were as recorded. */
function next(recorded: readonly Fact[] | undefined, came: readonly Fact[], error: Error | undefined) {
  const expected = error && recorded?.[came.length];
  return expected && { n: came.length + 1, expected: factLine(expected), members: [] };
}

function factFinding({ index, expected, came, all }: FactPair) {
  return {
    n: index + 1,
    ...(expected && { expected: factLine(expected) }),
    ...(came && { came: factLine(came) }),
    members: all.map(memberLine),
  };
}

interface Found {
  readonly kind: FindingKind;
  readonly event?: EventFinding;
  readonly said?: string;
  readonly command?: CommandPair;
}

/** What Temporal's own error says. */
function ended(error: Error, commands: readonly RecordedCommand[], heard: Heard): Found {
  const said = saidBy(error);
  if (/no such function is exported/.test(said)) return { kind: 'gone' };
  if (!/Nondeterminism/i.test(said) && error.name !== 'DeterminismViolationError')
    return { kind: 'failed', said };
  const id = Number(/HistoryEvent\(id: (\d+)/.exec(said)?.[1]);
  const pair = unmet(commands, heard, id);
  if (!pair) return { kind: 'commands', said };
  return { kind: 'commands', said, event: eventFinding(pair), command: pair };
}

/** The core's sentence without what stands around it; of a defect its type, too. */
function saidBy({ message }: Error): string {
  const detail = /Details: ([\s\S]*)$/.exec(message)?.[1] ?? message;
  const quoted = (name: string): string =>
    new RegExp(`${name}: "((?:[^"\\\\]|\\\\.)*)"`).exec(detail)?.[1]?.replace(/\\"/g, '"') ?? '';
  const said = (quoted('message') || detail)
    .replace(/^\[TMPRL\d+\] /, '')
    .replace(/HistoryEvent \{ event_id: (\d+),.*?event_type: (\w+),[\s\S]*$/, 'HistoryEvent(id: $1, $2)');
  const type = /r#type: "(\w+)"/.exec(detail)?.[1];
  return type === undefined ? said : `${type}: ${said}`;
}

/** The first command of that workflow task that was not asked for as it is recorded. */
function unmet(commands: readonly RecordedCommand[], heard: Heard, id: number): CommandPair | undefined {
  const named = commands.find(({ eventId }) => eventId === id);
  const task = named?.task ?? lastTask(commands, heard);
  const expected = commands.filter((command) => command.task === task);
  const asked = heard.tasks.find(({ began }) => began === task - 1)?.asked ?? [];
  const place = expected.findIndex((command, n) => {
    const came = asked[n];
    return !came || keyOf(came) !== keyOf(command) || came.name !== command.name;
  });
  const first = place < 0 ? named : expected[place];
  if (!first) return undefined;
  const came = place < 0 ? undefined : asked[place];
  return { expected: first, ...(came && { came }), all: [] };
}

/** The workflow task that was at work when it ended, where the error names no event that stands for a command. */
function lastTask(commands: readonly RecordedCommand[], heard: Heard): number {
  const began = Math.max(0, ...heard.tasks.map((task) => task.began));
  return commands.find(({ task }) => task > began)?.task ?? Number.NaN;
}

/** The first command that was asked for with something else in it, where Temporal saw no difference. */
function askedOtherwise(commands: readonly RecordedCommand[], heard: Heard): Found | undefined {
  const came = new Map(heard.tasks.flatMap(({ asked }) => asked.map((one) => [keyOf(one), one])));
  let slighter: Found | undefined;
  for (const expected of commands) {
    const now = came.get(keyOf(expected));
    if (!now) continue;
    const all = differences(
      { name: expected.name, ...content(expected) },
      { name: now.name, ...content(now) },
    );
    const first = gravest(all);
    if (!first) continue;
    const pair = { expected, came: now, all };
    const found: Found = {
      kind: first.kind === 'value' ? 'asked' : 'words',
      event: eventFinding(pair),
      command: pair,
    };
    if (found.kind === 'asked') return found;
    slighter ??= found;
  }
  return slighter;
}

function content({ seconds, input }: Asked) {
  const given = input[0];
  const members = typeof given === 'object' && given !== null && !Array.isArray(given) ? given : { given };
  return { ...(seconds !== undefined && { seconds }), ...members } as Readonly<Record<string, never>>;
}

function eventFinding({ expected, came, all }: CommandPair): EventFinding {
  return {
    id: expected.eventId,
    expected: askedLine(expected),
    came: came ? askedLine(came) : 'nothing more',
    members: all.map(memberLine),
  };
}
