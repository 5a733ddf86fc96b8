import { describe, expect, test } from 'vitest';
import { redact } from '../../../model/redact.js';

const jwt = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl';

describe('secrets are taken out of text', () => {
  test.each([
    ['Authorization: Bearer hunter2hunter2', 'hunter2'],
    ['authorization=Basic aHVudGVyMg==', 'aHVudGVyMg'],
    ['"Authorization":"Bearer hunter2hunter2"', 'hunter2'],
    ['got bearer hunter2hunter2 from client', 'hunter2'],
    [`session ${jwt} ended`, 'eyJ'],
    ['password=hunter2', 'hunter2'],
    ['DB_PASSWORD: hunter2', 'hunter2'],
    ['{"password":"hunter2 and \\" more","user":"ann"}', 'hunter2'],
    ["passwd='hunter 2'", 'hunter'],
    ['api_key=hunter2&x=1', 'hunter2'],
    ['x-api-key: hunter2', 'hunter2'],
    ['--client-secret=hunter2', 'hunter2'],
    ['--password hunter2 --verbose', 'hunter2'],
    ['postgres://ann:hunter2@db:5432/shop', 'hunter2'],
    ['redis://:hunter2@cache:6379', 'hunter2'],
    ['AKIAIOSFODNN7EXAMPLE used', 'AKIAIOSFODNN7EXAMPLE'],
    ['aws_secret_access_key = wJalrXUtnFEMI/K7MDENG', 'wJalr'],
    ['ghp_0123456789abcdefghijABCDEFGHIJ', 'ghp_'],
    ['sk-0123456789abcdefghij', 'sk-0123'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----', 'MIIE'],
    ['refresh_token=hunter2;', 'hunter2'],
  ])('%s', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain('[redacted]');
  });

  test.each([
    'used 512 MB of 1024 MB memory',
    'max_tokens: 4096, tokens=512',
    'GET http://agent:8080/health 200',
    'basic check passed',
    'JavaScript heap out of memory',
    'node /app/agent.mjs --max-old-space-size=400',
    'the password was changed',
  ])('left as it is: %s', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('what is around a secret stays, and a second time changes nothing', () => {
    const once = redact('user=ann password=hunter2, retry in 5 s');
    expect(once).toBe('user=ann password=[redacted], retry in 5 s');
    expect(redact(once)).toBe(once);
    expect(redact('{"token":"abc","user":"ann"}')).toBe('{"token":"[redacted]","user":"ann"}');
  });

  test('long lines take no long time', () => {
    const began = performance.now();
    redact(
      `password${' '.repeat(20_000)}x ${'a'.repeat(50_000)} ${'a-'.repeat(20_000)} ${'token'.repeat(5_000)}`,
    );
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
