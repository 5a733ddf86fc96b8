import { redact } from '../../model/redact.js';
import type { DockerEngine } from './client.js';

const aboutMemory =
  /out of memory|\boom\b|oom-?kill|memory|\bheap\b|\bENOMEM\b|cannot allocate|allocation fail|\bkilled\b|GC overhead|Metaspace|\bRSS\b|std::bad_alloc/i;
const kept = 40;
const longest = 300;

/** Lines of the container's log about memory since a time, redacted, the newest last. At most 40 of the last 500. */
export async function readMemoryLines(
  engine: DockerEngine,
  container: { readonly id: string; readonly name: string; readonly tty: boolean },
  sinceUnix: number,
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<string[]> {
  const raw = await engine.call(
    `read the log of container ${container.name}`,
    (docker, abortSignal) =>
      docker.getContainer(container.id).logs({
        stdout: true,
        stderr: true,
        follow: false,
        timestamps: true,
        tail: 500,
        since: Math.floor(sinceUnix),
        abortSignal,
      }),
    options,
  );
  return memoryLines(container.tty ? raw.toString('utf8') : demultiplex(raw));
}

/** The filter alone: lines about memory, redacted and shortened. */
export function memoryLines(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => aboutMemory.test(line))
    .slice(-kept)
    .map((line) => redact(line).slice(0, longest));
}

/**
 * Takes the engine's frames apart: a byte for the stream, three of nothing, four of length, then the data.
 * Standard output and error stay in the order in which they came. A broken tail is dropped.
 */
export function demultiplex(raw: Buffer | string): string {
  const buffer = typeof raw === 'string' ? Buffer.from(raw, 'latin1') : raw;
  const parts: Buffer[] = [];
  let at = 0;
  while (at + 8 <= buffer.length) {
    const length = buffer.readUInt32BE(at + 4);
    parts.push(buffer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString('utf8');
}
