import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The repository's folder. */
export const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Docker compose's own parser, as `npm test` found it, or undefined: then its tests are skipped. */
export const parser = process.env.NIGHTSHIFT_COMPOSE_SPEC;

export interface Mount {
  readonly type: string;
  source: string;
  target: string;
  read_only?: boolean;
}

export interface Service {
  image?: string;
  build?: { readonly context: string; readonly dockerfile: string };
  user?: string;
  privileged?: boolean;
  restart?: string;
  command?: readonly string[];
  entrypoint?: readonly string[];
  environment?: Record<string, string>;
  network_mode?: string;
  networks?: Record<string, unknown>;
  ports?: { host_ip?: string; published: string; target: number }[];
  volumes?: Mount[];
  secrets?: { source: string; target?: string }[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { test: string[]; interval?: string; timeout?: string; retries?: number; disable?: boolean };
  memswap_limit?: string | number;
  cap_drop?: string[];
  cap_add?: string[];
  labels?: Record<string, string>;
  deploy?: { resources?: { limits?: { memory?: string }; reservations?: { memory?: string } } };
}

/** A compose file as the parser understands it: anchors, merges, variables and short forms resolved. */
export interface Compose {
  readonly name: string;
  services: Record<string, Service>;
  networks?: Record<string, unknown>;
  volumes?: Record<string, unknown>;
  secrets?: Record<string, { file?: string; environment?: string }>;
}

/** Reads a compose file with compose-go. Throws what it has to say against it. */
export function readCompose(file: string): Compose {
  const { status, stdout, stderr } = spawnSync(parser ?? 'compose-spec', ['-format', 'json', file], {
    encoding: 'utf8',
    cwd: root,
  });
  if (status !== 0) throw new Error(stderr || stdout);
  return JSON.parse(stdout);
}

/** The same for a text. */
export function readComposeText(text: string): Compose {
  const folder = mkdtempSync(join(tmpdir(), 'ns-compose-'));
  try {
    const file = join(folder, 'docker-compose.yml');
    writeFileSync(file, text);
    return readCompose(file);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `768M`, `1g` or a number → bytes; NaN where it is nothing of the kind. */
export function bytesOf(size: string | number | undefined): number {
  const match = /^(\d+)\s*([kmg]?)b?$/i.exec(String(size ?? ''));
  if (!match) return Number.NaN;
  return Number(match[1]) * 1024 ** ['', 'k', 'm', 'g'].indexOf((match[2] ?? '').toLowerCase());
}
