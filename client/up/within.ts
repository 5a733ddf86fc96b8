import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the end of something, but not for ever. */
export async function within(ms: number, work: Promise<void>): Promise<void> {
  const timer = new AbortController();
  try {
    await Promise.race([work, sleep(ms, undefined, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
