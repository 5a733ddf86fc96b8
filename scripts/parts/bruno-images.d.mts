import type { EnsureOptions } from './temporal.mjs';

export interface ImageArchive {
  /** Name with tag. */
  image: string;
  /** Path of an archive as `docker save` writes it. */
  archive: string;
  how: 'cache' | 'built';
}

/** The stand-in for agent-bruno, `examples/agent-bruno`. */
export function agentBruno(options: EnsureOptions): Promise<ImageArchive>;

/** redis-server and redis-cli. */
export function redisImage(options: EnsureOptions): Promise<ImageArchive>;
