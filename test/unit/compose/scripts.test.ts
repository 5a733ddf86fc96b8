import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { searchAttributeTypes } from '../../../workflows/contract.js';
import { root } from './read.js';

// What the scripts would have the vendor's programs do. That these do it is seen in test/real/tls.test.ts.
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ns-scripts-'));
  writeFileSync(join(folder, 'password'), 'quiet\n');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts a program on PATH that writes down how it is called, then runs `body`. */
function program(name: string, body = ''): void {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\necho "$*" >>"${folder}/calls"\n${body}\n`);
  chmodSync(path, 0o755);
}

function run(script: string): { status: number | null; calls: string[]; stderr: string } {
  const { status, stderr } = spawnSync('/bin/sh', [join(root, 'deploy', script)], {
    encoding: 'utf8',
    env: {
      PATH: `${folder}:${process.env.PATH}`,
      TEMPORAL_NAMESPACE: 'nights',
      POSTGRES_PASSWORD_FILE: join(folder, 'password'),
    },
  });
  const calls = existsSync(join(folder, 'calls')) ? readFileSync(join(folder, 'calls'), 'utf8') : '';
  return { status, calls: calls.trim().split('\n'), stderr };
}

describe('namespace.sh', () => {
  const types: Readonly<Record<string, string>> = { KEYWORD: 'Keyword', BOOL: 'Bool' };
  const attributes = Object.entries(searchAttributeTypes).map(
    ([name, type]) =>
      `operator search-attribute create --namespace nights --name ${name} --type ${types[type]}`,
  );

  test('creates the namespace with 30 days of retention and exactly our search attributes', () => {
    program('temporal', 'case "$*" in *describe*) exit 1 ;; esac');
    const { status, calls } = run('temporal/namespace.sh');
    expect(status).toBe(0);
    expect(calls.slice(1)).toEqual([
      'operator namespace create --namespace nights --retention 30d',
      ...attributes,
    ]);
  });

  test('gives one that is there the same retention, and creates none', () => {
    program('temporal');
    const { calls } = run('temporal/namespace.sh');
    expect(calls.slice(1)).toEqual([
      'operator namespace update --namespace nights --retention 30d',
      ...attributes,
    ]);
  });
});

describe('schema.sh', () => {
  const setups = (calls: readonly string[]) => calls.filter((call) => call.includes('setup-schema'));

  test('only updates a schema that is there: over it, version 0.0 would run every update again', () => {
    program('temporal-sql-tool');
    const { status, calls } = run('temporal/schema.sh');
    expect(status).toBe(0);
    expect(setups(calls)).toEqual([]);
    expect(calls).toEqual([
      '--db temporal create',
      '--db temporal update-schema -d /etc/temporal/schema/postgresql/v12/temporal/versioned',
      '--db temporal_visibility create',
      '--db temporal_visibility update-schema -d /etc/temporal/schema/postgresql/v12/visibility/versioned',
    ]);
  });

  test('begins with version 0.0 in an empty database', () => {
    const said = 'error reading current schema version:pq: relation \\"schema_version\\" does not exist';
    program(
      'temporal-sql-tool',
      `case "$*" in
        *setup-schema*) touch "${folder}/$2" ;;
        *update-schema*) [ -e "${folder}/$2" ] || { echo "${said}" >&2; exit 1; } ;;
      esac`,
    );
    const { status, calls } = run('temporal/schema.sh');
    expect(status).toBe(0);
    expect(setups(calls)).toEqual([
      '--db temporal setup-schema -v 0.0',
      '--db temporal_visibility setup-schema -v 0.0',
    ]);
  });

  test('fails, and sets up nothing, where the database does not answer', () => {
    program(
      'temporal-sql-tool',
      'case "$*" in *update-schema*) echo "connection refused" >&2; exit 1 ;; esac',
    );
    const { status, calls, stderr } = run('temporal/schema.sh');
    expect(status).not.toBe(0);
    expect(stderr).toContain('connection refused');
    expect(setups(calls)).toEqual([]);
  });
});

describe('make-secrets.sh', () => {
  test('makes a password that only its owner can reach, and keeps the one that is there', () => {
    const script = join(folder, 'make-secrets.sh');
    copyFileSync(join(root, 'deploy/make-secrets.sh'), script);
    const password = join(folder, 'secrets/postgres-password');
    expect(spawnSync('/bin/sh', [script]).status).toBe(0);
    const first = readFileSync(password, 'utf8');
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
    expect(spawnSync('/bin/sh', [script]).status).toBe(0);
    expect(readFileSync(password, 'utf8')).toBe(first);
  });
});
