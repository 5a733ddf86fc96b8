import { durationPattern, seconds } from '../../config/units.js';
import { CliError, exitCodes } from './exit-codes.js';

/** The ISO time that `--since` means: `90d`, `12h` before now, or a date or time of its own. */
export function sinceTime(text: string, now: Date, option = '--since'): string {
  if (durationPattern.test(text)) return new Date(now.getTime() - seconds(text) * 1000).toISOString();
  const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return new Date(time).toISOString();
  throw new CliError(
    exitCodes.usage,
    `${option} ${text} is no time`,
    'Write how long ago it was (90d, 12h), or a date (2026-08-01).',
  );
}
