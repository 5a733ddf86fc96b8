import type { EnsureOptions, Part } from './temporal.mjs';

export interface ServerOptions {
  /** The server's folder: its configuration and its database. */
  dir: string;
  ports: {
    frontend: number;
    http: number;
    history: number;
    matching: number;
    worker: number;
    membership: [number, number, number, number];
  };
  /** Paths of PEM files. The certificate is the server's own. */
  tls: { ca: string; cert: string; key: string; serverName: string };
}

export const VERSION: string;
export function find(): Promise<Part | null>;
export function ensure(options: EnsureOptions): Promise<Part>;

/** Writes a configuration with mutual TLS at the frontend; gives the server's arguments. */
export function configure(options: ServerOptions): { args: string[] };
