import type { Problem } from './types.js';

/** The configuration can't be used. The message lists every problem, a line each, with its place and its mend. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(readonly problems: readonly Problem[]) {
    super(problems.map(describeProblem).join('\n'));
  }
}

/** `nightshift.yaml:12:9 targets[0].policy.settle: 60 has no unit. Write 60s, 5m or 2h.` */
export function describeProblem({ file, line, column, path, message, mend }: Problem): string {
  const where = `${file}:${line}:${column}`;
  const what = path === '' ? message : `${path}: ${message}`;
  return `${where} ${what}. ${mend}.`;
}
