/** What programs and the kernel write when memory runs out. Lines that merely mention memory don't match. */
const errors = [
  /out of memory/i,
  /cannot allocate memory|can't allocate memory|failed to allocate|allocation fail(ed|ure)/i,
  /\bENOMEM\b|\bMemoryError\b|\bOutOfMemoryError\b|std::bad_alloc/,
  /heap limit|heap space|GC overhead limit/i,
  /\boom[-_ ]?kill|\bOOMKilled\b|killed process \d+/i,
];

/** The lines that tell of a lack of memory. */
export function errorLines(lines: readonly string[]): readonly string[] {
  return lines.filter((line) => errors.some((error) => error.test(line)));
}

/**
 * Lines that were not there before. Lines that begin with the engine's time are judged by it where they are older
 * than `since` (ISO); the others by how often each stood there.
 */
export function newLines(
  now: readonly string[],
  before: readonly string[],
  since: string | undefined,
): readonly string[] {
  const known = new Map<string, number>();
  for (const line of before) known.set(line, (known.get(line) ?? 0) + 1);
  return now.filter((line) => {
    const left = known.get(line) ?? 0;
    if (left > 0) {
      known.set(line, left - 1);
      return false;
    }
    return !isOlder(line, since);
  });
}

function isOlder(line: string, since: string | undefined): boolean {
  const stamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/.exec(line)?.[0];
  if (stamp === undefined || since === undefined) return false;
  return Date.parse(stamp) < Date.parse(since);
}
