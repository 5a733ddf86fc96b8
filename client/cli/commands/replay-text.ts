import type { ReplaySum, Verdict } from '../../../replay/index.js';
import type { Paint } from '../terminal/io.js';
import { markdownTable } from '../terminal/table.js';
import { plain, wrap } from '../terminal/text.js';

/** Kinds of difference that are told; a page of more is read by nobody. */
const mostTold = 20;

type Found = Extract<Verdict, { end: 'diverged' | 'otherwise' }>;

const kinds: Readonly<Record<Found['finding']['kind'], string>> = {
  commands: 'an open incident could not go on: another thing is asked for',
  asked: 'the same activity is asked for something else',
  failed: 'today’s code failed',
  gone: 'today’s code has no such workflow',
  facts: 'same commands, other facts',
  words: 'the same in substance, other words or new members',
};

/** What one finding says, as lines without their indent. */
export function findingLines(verdict: Found): readonly string[] {
  const { kind, fact, event, likely, said, sameFacts, onlyCommands } = verdict.finding;
  const lines = [kinds[kind]];
  if (fact) {
    lines.push(`fact ${fact.n}: expected ${fact.expected ?? 'nothing more'}`);
    lines.push(`${' '.repeat(String(fact.n).length + 6)} came ${fact.came ?? 'none of it'}`);
    if (fact.expected === fact.came) lines.push(...fact.members.slice(0, 5).map((each) => `  ${each}`));
  } else if (sameFacts > 0) lines.push(`all ${sameFacts} facts until then are as recorded`);
  if (onlyCommands !== undefined) lines.push(onlyCommands);
  if (event) {
    lines.push(`event ${event.id}: recorded ${event.expected}; now ${event.came ?? 'something else'}`);
    if (kind !== 'commands') lines.push(...event.members.slice(0, 5).map((each) => `  ${each}`));
  }
  if (said !== undefined) lines.push(`Temporal says: ${said}`);
  if (likely) lines.push(`likely: ${likely.edit}${likely.where ? ` (see ${likely.where})` : ''}`);
  return lines.map(plain);
}

/** All that was found, and the sum, for a terminal. */
export function replayText(sum: ReplaySum, columns: number, paint: Paint): string {
  const groups = grouped(sum.verdicts);
  const blocks = groups.slice(0, mostTold).map((group) => block(group, columns, paint));
  if (groups.length > mostTold)
    blocks.push(`… and ${groups.length - mostTold} kinds more (-o json tells all)`);
  return [...blocks, sumLine(sum)].join('\n\n').concat('\n');
}

/** Verdicts that look like one edit, told once. */
interface Group {
  readonly first: Verdict;
  readonly others: readonly Verdict[];
}

const order = ['diverged', 'crashed', 'unreadable', 'otherwise'];

/** The gravest first. */
function grouped(verdicts: readonly Verdict[]): readonly Group[] {
  const byKind = new Map<string, Verdict[]>();
  for (const verdict of verdicts) {
    const key = signature(verdict);
    const known = byKind.get(key);
    if (known) known.push(verdict);
    else byKind.set(key, [verdict]);
  }
  const groups = [...byKind.values()].map(([first, ...others]) => ({ first: first as Verdict, others }));
  return groups.sort((a, b) => order.indexOf(a.first.end) - order.indexOf(b.first.end));
}

function signature(verdict: Verdict): string {
  if (verdict.end !== 'diverged' && verdict.end !== 'otherwise') return `${verdict.end} ${verdict.name}`;
  const { kind, fact, likely } = verdict.finding;
  const types = [fact?.expected, fact?.came].map((line) => line?.split(' ')[0] ?? '');
  return JSON.stringify([verdict.end, kind, types, likely?.edit ?? verdict.name]);
}

function block({ first, others }: Group, columns: number, paint: Paint): string {
  const colour = first.end === 'otherwise' ? paint.yellow : paint.red;
  const head = `${colour(headWord(first))} ${paint.bold(plain(nameOf(first)))}`;
  return [head, ...indented([...bodyOf(first), ...also(others)], columns)].join('\n');
}

function bodyOf(verdict: Verdict): readonly string[] {
  return verdict.end === 'diverged' || verdict.end === 'otherwise'
    ? findingLines(verdict)
    : troubleLines(verdict);
}

/** Names of a group that are shown. */
const mostNamed = 5;

function also(others: readonly Verdict[]): readonly string[] {
  if (others.length === 0) return [];
  const more = others.length > mostNamed ? `, and ${others.length - mostNamed} more` : '';
  const names = others.slice(0, mostNamed).map(({ name }) => name);
  return [plain(`the same kind in ${others.length} more: ${names.join(', ')}${more}`)];
}

function indented(lines: readonly string[], columns: number): readonly string[] {
  return lines.flatMap((line) => {
    const lead = /^ */.exec(line)?.[0] ?? '';
    return wrap(line.trim(), columns - 2 - lead.length).map((part) => `  ${lead}${part}`);
  });
}

function headWord({ end }: Verdict): string {
  return end === 'crashed' ? 'not replayed' : end === 'otherwise' ? 'notice' : end;
}

function troubleLines(verdict: Verdict): readonly string[] {
  if (verdict.end !== 'unreadable' && verdict.end !== 'crashed') return [];
  const mend = verdict.end === 'unreadable' && verdict.mend !== undefined ? [verdict.mend] : [];
  return [verdict.why, ...mend].map(plain);
}

function nameOf({ name, workflowType, incident }: Verdict): string {
  const about = incident ? `${incident.shortId} ${incident.target.key}` : undefined;
  const more = [about !== undefined && !name.includes(about) ? about : '', workflowType ?? ''].filter(
    Boolean,
  );
  return more.length === 0 ? name : `${name} (${more.join(', ')})`;
}

/** `2,000 replayed: 1,998 the same, 2 diverged …` */
export function sumLine(sum: ReplaySum): string {
  const { replayed, same, otherwise, diverged, unreadable, crashed, onlyCommands } = sum;
  const parts = [`${same} the same${onlyCommands > 0 ? ` (${onlyCommands} by commands only)` : ''}`];
  if (otherwise > 0) parts.push(`${otherwise} with the same commands and other facts`);
  parts.push(`${diverged} diverged`);
  const rest = [];
  if (unreadable > 0) rest.push(`${unreadable} unreadable`);
  if (crashed > 0) rest.push(`${crashed} not replayed`);
  const left = sum.found - replayed - unreadable - crashed;
  if (sum.interrupted) rest.push(`broken off, ${Math.max(0, left)} left`);
  const tail = rest.length === 0 ? '' : `; ${rest.join(', ')}`;
  return `${replayed} replayed: ${parts.join(', ')}${tail}. ${sum.seconds.toFixed(1)} s, ${sum.perSecond.toFixed(0)} a second.`;
}

/** For a comment on a change: the sum, and each finding. */
export function replayMarkdown(sum: ReplaySum): string {
  const good = sum.diverged + sum.unreadable + sum.crashed === 0 && !sum.interrupted;
  const lines = [
    `### Replay: ${good ? 'nothing diverged' : sum.diverged > 0 ? 'diverged' : 'not whole'}`,
    '',
  ];
  lines.push(
    ...markdownTable(
      ['replayed', 'same', 'other facts', 'diverged', 'unreadable', 'not replayed', 'seconds'],
      [
        [sum.replayed, sum.same, sum.otherwise, sum.diverged, sum.unreadable, sum.crashed]
          .map(String)
          .concat(sum.seconds.toFixed(1)),
      ],
    ),
  );
  const groups = grouped(sum.verdicts);
  for (const { first, others } of groups.slice(0, mostTold)) {
    const body = [...bodyOf(first), ...also(others)];
    lines.push('', `**${headWord(first)}** \`${plain(nameOf(first)).replaceAll('`', "'")}\``, '', '```text');
    lines.push(...body.map((line) => line.replaceAll('```', "'''")), '```');
  }
  if (groups.length > mostTold) lines.push('', `… and ${groups.length - mostTold} kinds more.`);
  return `${lines.join('\n')}\n`;
}
