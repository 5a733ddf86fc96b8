import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkDocument } from './checks/index.js';
import { shippedRunbooks } from './defaults.js';
import { type Finding, findingsOf } from './issues.js';
import { ConfigError } from './problems.js';
import { resolveConfig } from './resolve.js';
import { document } from './schema/index.js';
import type { Config, KnownRunbook, Problem } from './types.js';
import { pathText, readYaml, type Source } from './yaml.js';

export interface LoadOptions {
  /** The runbooks that there are; default those that come with Nightshift. */
  readonly runbooks?: readonly KnownRunbook[];
}

/** Reads and checks a configuration file. Throws `ConfigError` with every problem found. */
export function loadConfig(path: string, options: LoadOptions = {}): Config {
  return parseConfig(readText(path), path, options);
}

/** The same for a text; `file` is where it came from: messages name it, and paths in it are relative to it. */
export function parseConfig(text: string, file: string, options: LoadOptions = {}): Config {
  const runbooks = options.runbooks ?? shippedRunbooks;
  const source = readYaml(text, file);
  if (source.problems.length > 0) throw new ConfigError(source.problems);
  if (source.value === null || source.value === undefined)
    throw unusable(file, 'the file is empty', `Begin with the example: nightshift config example > ${file}`);
  const parsed = document.safeParse(source.value);
  if (!parsed.success)
    throw new ConfigError(placed(findingsOf(parsed.error.issues, source.value), source, file));
  const report = checkDocument(parsed.data, runbooks);
  if (report.errors.length > 0) throw new ConfigError(placed(report.errors, source, file));
  const config = resolveConfig(parsed.data, resolve(file), runbooks);
  return { ...config, warnings: placed(report.warnings, source, file) };
}

function placed(findings: readonly Finding[], source: Source, file: string): readonly Problem[] {
  return findings
    .map(({ path, at, message, mend }) => ({
      file,
      ...source.locate(path, at),
      path: pathText(path),
      message,
      mend,
    }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}

function readText(path: string): string {
  let content: Buffer;
  try {
    content = readFileSync(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    throw unusable(
      path,
      ...(unreadable[code] ?? [`it can't be read (${code})`, 'Check the path and its rights']),
    );
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(content);
  } catch {
    throw unusable(path, 'it is not UTF-8 text', 'Save it as UTF-8');
  }
}

const unreadable: Readonly<Record<string, readonly [message: string, mend: string]>> = {
  ENOENT: ['there is no such file', 'Name another with --config, or begin with: nightshift config example'],
  EACCES: ['this user may not read it', 'Give this user the right to read it'],
  EISDIR: ['it is a folder', 'Name the file in it'],
};

function unusable(file: string, message: string, mend: string): ConfigError {
  return new ConfigError([{ file, line: 1, column: 1, path: '', message, mend }]);
}
