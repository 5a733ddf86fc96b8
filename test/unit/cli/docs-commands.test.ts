import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { program } from '../../../client/cli/program.js';
import { fakeIo } from './fake-io.js';

const root = process.cwd();
const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

/** Every `nightshift …` that a page tells its reader to type, a line of a block each; `\` goes on in the next. */
function commandsIn(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^ *```(?:sh|yaml|bash)\n(.*?)^ *```/gms)].map((match) => match[1] ?? '');
  return blocks
    .flatMap((block) => block.replaceAll(/\\\n\s*/g, ' ').split('\n'))
    .map((line) => /^\s*(?:- |run: |\$ |docker compose exec \w+ )*(nightshift .*)$/.exec(line)?.[1])
    .filter((line) => line !== undefined);
}

/** Words as a shell has them: comments, redirections and what follows them go. */
function wordsOf(line: string): readonly string[] {
  const [own = ''] = line.split(/\s(?:#|>|\||&&|;)/);
  return [...own.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
}

/** What the command line itself says against it; nothing is run. */
function wrongWith(line: string): string | undefined {
  let command: Command = program(fakeIo({ cwd: root }).io, () => undefined);
  const words = wordsOf(line).slice(1);
  for (;;) {
    const next = command.commands.find(
      (one) => one.name() === words[0] || one.aliases().includes(words[0] ?? ''),
    );
    if (!next) break;
    command = next;
    words.shift();
  }
  if (command.commands.length > 0) return words.length > 0 ? `there is no command ${words[0]}` : undefined;
  try {
    const { operands, unknown } = command.parseOptions(words);
    if (unknown.length > 0) return `it has no option ${unknown[0]}`;
    return operandsWrong(command, operands.length);
  } catch (error) {
    return String(error);
  }
}

function operandsWrong({ registeredArguments: wanted }: Command, given: number): string | undefined {
  const least = wanted.filter(({ required }) => required).length;
  const most = wanted.some(({ variadic }) => variadic) ? Number.POSITIVE_INFINITY : wanted.length;
  return given < least || given > most ? `it takes ${least} to ${most} arguments, not ${given}` : undefined;
}

describe('what the pages tell one to type', () => {
  const all = pages.flatMap((page) =>
    commandsIn(readFileSync(join(root, page), 'utf8')).map((line) => ({ page, line })),
  );

  it.each(all)('$page: $line', ({ line }) => {
    expect(wrongWith(line)).toBeUndefined();
  });

  it('is refused where the command line knows no such thing', () => {
    expect(wrongWith('nightshift incidents list')).toContain('no command');
    expect(wrongWith('nightshift incident list --sinse 30d')).toContain('--sinse');
    expect(wrongWith('nightshift incident show one two three')).toContain('arguments');
  });
});
