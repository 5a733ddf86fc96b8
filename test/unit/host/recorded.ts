import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const recordedRoot = join(import.meta.dirname, '../../recorded');
/** The container whose cgroup, process and inspect were recorded. */
export const containerId = '8b06f56787a3d8ecdcd6d0e3b62e8371a1e751c78944a0ac6a60644e4e05fbc6';
export const pid = 26363;

/** A file of test/recorded. */
export function recorded(path: string): string {
  return readFileSync(join(recordedRoot, path), 'utf8');
}
