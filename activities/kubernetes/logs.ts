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

/** Of all lines kept, those of lives that ended in a kill have this many places: the newer ones would push them out. */
const ofLastLives = 15;

/** Lines of several pods and lives as one log, newest last. Each line begins with its time. */
export function oneLog(lastLives: readonly string[], presentLives: readonly string[]): readonly string[] {
  const last = lastLives.toSorted().slice(-ofLastLives);
  return [...last, ...presentLives.toSorted().slice(last.length - kept)].toSorted();
}

/** The pod's name behind the time that the kubelet puts before each line. */
export function withPod(line: string, pod: string): string {
  const at = line.indexOf(' ');
  return at < 0 ? `${line} ${pod}` : `${line.slice(0, at)} ${pod}: ${line.slice(at + 1)}`;
}
