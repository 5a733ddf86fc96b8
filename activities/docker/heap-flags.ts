/** Environment variables in which runtimes take options or limits of their heap. */
const variables = [
  'NODE_OPTIONS',
  'JAVA_TOOL_OPTIONS',
  '_JAVA_OPTIONS',
  'JDK_JAVA_OPTIONS',
  'JAVA_OPTS',
  'JAVA_OPTIONS',
  'CATALINA_OPTS',
] as const;

const jvm = /^-(?:Xmx\d+[kKmMgGtT]?|XX:(?:MaxRAMPercentage|MaxRAM|MaxHeapSize)=[\d.]+[kKmMgGtT]?)$/;
const node = /^--max[-_]old[-_]space[-_]size(?:=\d+)?$/;

/**
 * Flags that fix the size of a heap: raising the container's limit alone gives such a process nothing.
 * `environment` is `NAME=value`; of it only these flags leave this function.
 */
export function heapFlags(
  command: readonly string[],
  environment: readonly string[] = [],
): readonly string[] {
  // A shell's command line is one argument: `sh -c "java -Xmx512m …"`.
  const fromCommand = flagsIn(command.flatMap((part) => part.split(/\s+/)));
  const fromEnvironment = environment.flatMap((line) => {
    const cut = line.indexOf('=');
    const [name, value] = [line.slice(0, cut), line.slice(cut + 1)];
    if (name === 'GOMEMLIMIT') return [`GOMEMLIMIT=${value}`];
    return variables.some((known) => known === name) ? flagsIn(value.split(/\s+/)) : [];
  });
  return [...new Set([...fromCommand, ...fromEnvironment])];
}

function flagsIn(words: readonly string[]): string[] {
  return words.flatMap((quoted, index) => {
    const word = quoted.replace(/^["']|["']$/g, '');
    if (jvm.test(word)) return [word];
    if (!node.test(word)) return /^GOMEMLIMIT=\S+$/.test(word) ? [word] : [];
    // Node also takes the value as the next argument.
    const next = words[index + 1] ?? '';
    if (word.includes('=')) return [word];
    return /^\d+$/.test(next) ? [`${word}=${next}`] : [];
  });
}
