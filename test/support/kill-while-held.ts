import { sleep } from './faults.js';
import type { MortalNight } from './faults-processes.js';

/** Something that the worker has sent, and that is held on its way. */
export interface OnItsWay {
  readonly what: string;
  /** Since when it is held, ms since 1970; undefined before it has come. */
  since(): number | undefined;
  /** Whoever sent it has gone, or has given up. */
  gone(): boolean;
}

/** A sender gives up after 10 s: the worker dies before, whatever else is still to come. Milliseconds. */
const patienceMs = 6_000;
/** In which the deaths of its connections are noticed, milliseconds. */
const noticedMs = 200;

/**
 * Kills the worker while all of these are held, and starts it anew: in one death where they come within seconds of one
 * another, in several where the machine is too busy for that. Each is held at one of the deaths.
 */
export async function killWhileHeld(night: MortalNight, all: readonly OnItsWay[]): Promise<void> {
  let left = all;
  for (const giveUp = Date.now() + 120_000; left.length > 0; await sleep(25)) {
    const words = left.map(({ what }) => what).join(', ');
    if (left.some(({ gone }) => gone())) throw new Error(`given up before the worker died, one of ${words}`);
    if (Date.now() > giveUp) throw new Error(`never held while the worker died: ${words}`);
    const times = left.flatMap(({ since }) => since() ?? []);
    if (times.length < left.length && Date.now() - Math.min(...times) < patienceMs) continue;
    await night.worker.kill();
    await sleep(noticedMs);
    left = left.filter(({ gone }) => !gone());
    night.worker.start();
  }
}
