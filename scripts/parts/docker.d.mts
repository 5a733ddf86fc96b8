import type { EnsureOptions } from './temporal.mjs';

/** An engine that answers. */
export interface ReachableEngine {
  /** As in DOCKER_HOST. */
  host: string;
  /** Folder of ca.pem, cert.pem and key.pem, where the engine speaks TLS. */
  certPath?: string;
  version: string;
  arch: string;
  how: 'env' | 'context' | 'default';
}

export interface StartedEngine {
  host: string;
  /** The variables by which a child process finds this engine. */
  env: Record<string, string>;
  /** Whether it is one of our own. */
  private: boolean;
  version: string;
  /** Stops a private engine that nobody else uses; does nothing to any other. */
  stop(): Promise<void>;
}

export interface PrivateEngine {
  host: string;
  /** dockerd's process id. */
  pid: number;
  stop(): Promise<void>;
}

/** Looks for an engine where the Docker CLI would; starts nothing. */
export function find(): Promise<ReachableEngine | null>;

/** An engine that answers, or the program to start a private one. Throws an error with `exitCode` 2 otherwise. */
export function ensure(
  options: EnsureOptions,
): Promise<{ path: string; version: string; how: string; engine: ReachableEngine | null }>;

/** An engine to work with: the one that can be reached, otherwise a private one, where we may. */
export function start(options: EnsureOptions): Promise<StartedEngine>;

/** A private engine of its own name, whatever else can be reached: for tests that do harm to an engine. */
export function startPrivate(options: EnsureOptions & { name: string }): Promise<PrivateEngine>;
