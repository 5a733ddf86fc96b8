import type { EnsureOptions, Part } from './temporal.mjs';

export interface RedisPart extends Part {
  /** redis-cli. */
  cli: string;
}

export const VERSION: string;
export function find(): Promise<RedisPart | null>;
export function ensure(options: EnsureOptions): Promise<RedisPart>;
