import { type ParseArgsConfig, parseArgs } from 'node:util';

export interface Options {
  /** Names of the sections to measure, in order. */
  readonly sections: readonly string[];
  readonly quick: boolean;
  readonly output: 'table' | 'md' | 'json';
  readonly help: boolean;
}

/** The command line can't be used. */
export class Usage extends Error {}

const known = {
  quick: { type: 'boolean' },
  output: { type: 'string', short: 'o' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** Reads the command line. Throws `Usage` with what is wrong and what there is. */
export function readOptions(args: readonly string[], sections: readonly string[]): Options {
  const { values, positionals } = parse(args);
  const { output = 'table' } = values;
  if (output !== 'table' && output !== 'md' && output !== 'json')
    throw new Usage(`-o ${String(output)}: use table, md or json`);
  const unknown = positionals.find((name) => !sections.includes(name));
  if (unknown !== undefined) throw new Usage(`there is no section ${unknown}: use ${sections.join(', ')}`);
  return {
    sections: positionals.length > 0 ? sections.filter((name) => positionals.includes(name)) : sections,
    quick: values.quick === true,
    output,
    help: values.help === true,
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: known, allowPositionals: true });
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error));
  }
}
