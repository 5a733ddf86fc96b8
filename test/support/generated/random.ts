import { randomFrom } from '../faults-processes.js';

/** Chance that a seed decides: the same seed gives the same incidents. */
export class Random {
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = randomFrom(seed);
  }

  /** With one decimal. */
  between(least: number, most: number): number {
    return Math.round((least + this.next() * (most - least)) * 10) / 10;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[Math.floor(this.next() * from.length)];
    if (picked === undefined) throw new Error('there is nothing to pick from');
    return picked;
  }
}
