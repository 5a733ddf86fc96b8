import type { EnsureOptions, Part } from './temporal.mjs';

export const VERSION: string;
export function find(): Promise<Part | null>;
export function ensure(options: EnsureOptions): Promise<Part>;
