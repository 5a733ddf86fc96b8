import { redact } from '../../model/redact.js';

/** The source's own words (memory, leak, cache), and those with which runtimes speak of its lack. */
const aboutMemory =
  /memory|leak|cache|\boom\b|oom-?kill|\bheap\b|\bENOMEM\b|cannot allocate|\bkilled\b|\bRSS\b|pool|too many (?:connections|clients|open files)/i;
const kept = 40;
const longest = 300;

/** Lines about memory, redacted and shortened, the newest last. */
export function memoryLines(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => aboutMemory.test(line))
    .slice(-kept)
    .map((line) => redact(line).slice(0, longest));
}
