import type { EnsureOptions, Part } from './temporal.mjs';

interface EngineAddress {
  /** As in DOCKER_HOST: unix:// or tcp://. */
  host: string;
  /** Folder of ca.pem, cert.pem and key.pem, where the engine speaks TLS. */
  certPath?: string;
}

export interface ImageOptions extends EngineAddress, EnsureOptions {
  /** Without a tag; the tag is a hash of the content. */
  name: string;
  /** Path below /app → content. */
  files: Record<string, Uint8Array>;
  cmd: string[];
  /** Value of the label `nightshift`. */
  label: string;
  expose?: number[];
}

/** Makes an image of Node, a shell and some files, without a registry where that can be; kept until its content changes. */
export function ensureImage(options: ImageOptions): Promise<{ image: string; how: 'cache' | 'built' }>;

/** The image of the example agent. */
export function agentImage(
  options: EngineAddress & EnsureOptions,
): Promise<{ image: string; how: 'env' | 'cache' | 'built' }>;

/** The agent's image, if the engine that can be reached has it. */
export function find(): Promise<Part | null>;

/** As `agentImage`, in the shape of the other parts; `path` is the image. */
export function ensure(options: EngineAddress & EnsureOptions): Promise<Part>;
