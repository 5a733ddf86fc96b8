import type { ProcessMatch, ProcessReading } from '../container.js';

/** `ProcessMatch` as a plain JSON object, so that it can be part of a change. */
export type ProcessParams = { readonly [Name in keyof ProcessMatch]: ProcessMatch[Name] };

/** The members that are set. */
export function processParams(match: ProcessMatch): ProcessParams {
  const { runtime, executable, argsContain } = match;
  return { runtime, executable, ...(argsContain === undefined ? {} : { argsContain }) };
}

/** True where this is the process that is meant: by path or base name of its executable, and by its arguments. */
export function matchesProcess(match: ProcessMatch, reading: ProcessReading): boolean {
  const wanted = match.executable.includes('/') ? reading.executable : baseName(reading.executable);
  return wanted === match.executable && reading.args.includes(match.argsContain ?? '');
}

/** A process's identity: its id alone is used again by the kernel. */
export function processUid(process: { readonly pid: number; readonly startTicks: number }): string {
  return `${process.pid}@${process.startTicks}`;
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
