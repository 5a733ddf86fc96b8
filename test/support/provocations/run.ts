/** Runs provocations, some at once, against the same servers. */
import { collect, endAgents, type Recording } from './collect.js';
import type { Provocation } from './plan.js';
import { databases, startServers } from './servers.js';

/** One fails: all end, and the error says which it was. */
export async function runAll(
  planned: readonly Provocation[],
  atOnce: number,
  each: (recording: Recording) => void = () => undefined,
): Promise<readonly Recording[]> {
  if (atOnce > databases) throw new Error(`at most ${databases} at once: each has its own database`);
  const servers = await startServers();
  const waiting = [...planned];
  const done: Recording[] = [];
  const work = async (database: number): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const recording = await collect(next, servers, database);
      done.push(recording);
      each(recording);
    }
  };
  try {
    await Promise.all(Array.from({ length: atOnce }, (_, i) => work(i)));
  } finally {
    waiting.length = 0;
    endAgents();
    await servers.stop();
  }
  return done.toSorted((a, b) => a.provocation.seed - b.provocation.seed);
}
