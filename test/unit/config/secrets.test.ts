import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import {
  alertmanagerAccess,
  parseConfig,
  resolveSecret,
  SecretError,
  secretWarnings,
  temporalSettings,
} from '../../../config/index.js';

const folder = mkdtempSync(join(tmpdir(), 'nightshift-secrets-'));
const variable = 'NIGHTSHIFT_TEST_SECRET';
afterAll(() => rmSync(folder, { recursive: true, force: true }));
afterEach(() => {
  delete process.env[variable];
});

const config = parseConfig(
  `secrets:
  filed: { file: filed }
  named: { env: ${variable} }
temporal: { apiKey: named }
alertmanager: { url: 'http://127.0.0.1:9093', basic: { username: ana, password: filed } }
`,
  join(folder, 'nightshift.yaml'),
);
const put = (text: string, mode = 0o600) => {
  writeFileSync(join(folder, 'filed'), text);
  chmodSync(join(folder, 'filed'), mode);
};

describe('a secret', () => {
  it('is read when it is used, without the line end of its file', () => {
    put('one\n');
    expect(resolveSecret(config, 'filed')).toBe('one');
    put('two');
    expect(resolveSecret(config, 'filed')).toBe('two');
    process.env[variable] = 'three';
    expect(resolveSecret(config, 'named')).toBe('three');
  });

  it('that is not there is an error that names the place and the mend', () => {
    rmSync(join(folder, 'filed'), { force: true });
    expect(() => resolveSecret(config, 'filed')).toThrow(/Secret filed: .*filed can't be read \(ENOENT\)/);
    expect(() => resolveSecret(config, 'named')).toThrow(`environment variable ${variable}`);
    expect(() => resolveSecret(config, 'other')).toThrow(/not under secrets:/);
    expect(() => resolveSecret(config, 'constructor')).toThrow(SecretError);
    put('\n');
    expect(() => resolveSecret(config, 'filed')).toThrow(/is empty/);
  });

  it('that everybody may read is warned of, one that its owner alone may read is not', () => {
    process.env[variable] = 'x';
    put('x', 0o600);
    expect(secretWarnings(config)).toEqual([]);
    put('x', 0o644);
    expect(secretWarnings(config)).toEqual([
      expect.stringMatching(/everybody on this machine may read .*chmod o= /),
    ]);
  });

  it('is in no part of the configuration, only in what is made of it for a connection', () => {
    process.env[variable] = 'key-value';
    put('pass-value');
    expect(JSON.stringify(config)).not.toMatch(/key-value|pass-value/);
    expect(temporalSettings(config)).toEqual({
      address: 'localhost:7233',
      namespace: 'default',
      tls: {},
      apiKey: 'key-value',
    });
    const basic = Buffer.from('ana:pass-value').toString('base64');
    expect(alertmanagerAccess(config)?.headers).toEqual({ authorization: `Basic ${basic}` });
  });
});
