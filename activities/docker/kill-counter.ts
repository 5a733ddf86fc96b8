/** What one reading knows of the kills in a container. */
export interface KillCounts {
  readonly startedAt: string;
  /** Since `startedAt`: the kernel begins anew with every start. */
  readonly inCgroup?: number;
  /** Since boot, as far as the kernel log reaches. */
  readonly inKernelLog?: number;
  /** `oom` events that the engine still remembers. */
  readonly inEvents?: number;
  /** Times at which it was seen to have ended with State.OOMKilled. */
  readonly oomKilledAt?: string;
}

interface Remembered {
  highest: number;
  startedAt: string;
  earlierLives: number;
  thisLife: number;
  readonly deaths: Set<string>;
}

/**
 * Counts the OOM kills of each container, by its id, from witnesses none of which lasts: the cgroup's counter begins
 * anew with each start, the kernel log and the engine's events are rings. The count never goes backwards while this
 * process lives; a new process starts with what the witnesses still know.
 */
export class KillCounter {
  readonly #containers = new Map<string, Remembered>();

  /** Undefined where nothing could be counted. */
  count(containerId: string, seen: KillCounts): number | undefined {
    const known = this.#containers.get(containerId);
    const knowsNothing =
      seen.inCgroup === undefined &&
      seen.inKernelLog === undefined &&
      seen.inEvents === undefined &&
      seen.oomKilledAt === undefined;
    if (knowsNothing) return known?.highest;
    const one = known ?? this.#begin(containerId, seen.startedAt);
    if (seen.startedAt !== one.startedAt) {
      one.earlierLives += one.thisLife;
      one.thisLife = 0;
      one.startedAt = seen.startedAt;
    }
    one.thisLife = Math.max(one.thisLife, seen.inCgroup ?? 0);
    if (seen.oomKilledAt) one.deaths.add(seen.oomKilledAt);
    const counts = [
      seen.inKernelLog ?? 0,
      seen.inEvents ?? 0,
      one.earlierLives + one.thisLife,
      one.deaths.size,
    ];
    one.highest = Math.max(one.highest, ...counts);
    return one.highest;
  }

  #begin(containerId: string, startedAt: string): Remembered {
    const one = { highest: 0, startedAt, earlierLives: 0, thisLife: 0, deaths: new Set<string>() };
    // Containers come and go: the oldest is forgotten.
    if (this.#containers.size >= 2000) {
      const oldest = this.#containers.keys().next().value;
      if (oldest !== undefined) this.#containers.delete(oldest);
    }
    this.#containers.set(containerId, one);
    return one;
  }
}
