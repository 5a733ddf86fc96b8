import { describe, expect, test } from 'vitest';
import { type EngineAddress, parseAddress } from '../../../activities/docker/address.js';
import { connectDocker } from '../../../activities/docker/client.js';
import { translate } from '../../../activities/docker/errors.js';
import { sshArgv } from '../../../activities/docker/ssh-agent.js';

const tls = { ca: '/nowhere/ca.pem', cert: '/nowhere/cert.pem', key: '/nowhere/key.pem' };
const address = (url: string, more: Partial<EngineAddress> = {}): EngineAddress => ({
  name: 'prod',
  url,
  ...more,
});
const place = address('unix:///var/run/docker.sock');

describe('addresses of engines', () => {
  test.each([
    ['unix:///var/run/docker.sock', {}, { via: 'unix', path: '/var/run/docker.sock' }],
    ['tcp://127.0.0.1', {}, { via: 'tcp', host: '127.0.0.1', port: 2375 }],
    ['tcp://[::1]:2000', {}, { via: 'tcp', host: '::1', port: 2000 }],
    ['tcp://docker.example', { tls }, { via: 'tcp', host: 'docker.example', port: 2376 }],
    ['ssh://ops@docker.example', {}, { via: 'ssh', host: 'docker.example', port: 22, user: 'ops' }],
  ])('%s', (url, more, endpoint) => {
    expect(parseAddress(address(url, more))).toEqual(endpoint);
  });

  test.each([
    ['tcp://docker.example:2375', 'without TLS'],
    ['tcp://0.0.0.0:2375', 'without TLS'],
    ['http://127.0.0.1', 'use unix://'],
    ['unix://var/run/docker.sock', 'three slashes'],
    ['ssh://ops:hunter2@docker.example', 'no password'],
    ['ssh://-oProxyCommand=evil', 'names no host'],
    ['nonsense', 'no URL'],
  ])('%s is refused, naming the engine and the mend', (url, why) => {
    expect(() => parseAddress(address(url))).toThrow(/engine prod/);
    expect(() => parseAddress(address(url))).toThrow(why);
  });

  test('certificates that can’t be read are named', () => {
    expect(() => connectDocker(address('tcp://docker.example', { tls }))).toThrow('tls.ca of engine prod');
  });

  test('DOCKER_HOST of the environment changes nothing', async () => {
    process.env.DOCKER_HOST = 'tcp://127.0.0.1:1';
    const engine = connectDocker(address('unix:///nowhere.sock'));
    await expect(engine.call('ping', (docker) => docker.ping())).rejects.toThrow('ENOENT');
    delete process.env.DOCKER_HOST;
  });

  test('ssh never asks, checks the host’s key, and takes nothing of the address for an option', () => {
    const endpoint = { via: 'ssh' as const, host: 'h', port: 2222, user: 'ops' };
    const argv = sshArgv(endpoint, address('ssh://ops@h:2222', { ssh: { keyFile: '/k' } }));
    expect(argv.join(' ')).toContain('BatchMode=yes -o StrictHostKeyChecking=yes');
    expect(argv.slice(argv.indexOf('--'))).toEqual(['--', 'h', 'docker', 'system', 'dial-stdio']);
    expect(argv).toEqual(expect.arrayContaining(['-i', '/k', '-l', 'ops', '-p', '2222']));
  });
});

describe('errors of engines', () => {
  const answered = (statusCode: number) =>
    Object.assign(new Error('(HTTP code)'), { statusCode, json: { message: 'No such container: x' } });
  const system = (code: string) => Object.assign(new Error(`connect ${code}`), { code });

  test.each([
    [answered(404), 'TargetGone', true],
    [answered(409), 'PreconditionChanged', true],
    [answered(403), 'PermissionDenied', true],
    [answered(400), 'Unsupported', true],
    [answered(500), 'Unreachable', false],
    [system('ECONNREFUSED'), 'Unreachable', false],
    [system('EACCES'), 'PermissionDenied', true],
    [system('ECONNRESET'), 'Unreachable', false],
    ['a string', 'Unreachable', false],
  ])('%s is %s', (error, type, nonRetryable) => {
    expect(translate(error, 'inspect container x', place)).toMatchObject({ type, nonRetryable });
  });

  test('the message has the call, the place and the engine’s own words', () => {
    expect(translate(answered(404), 'inspect container x', place).message).toBe(
      'Could not inspect container x on engine prod (unix:///var/run/docker.sock): No such container: x.',
    );
    const expired = Object.assign(new Error('certificate has expired'), { code: 'CERT_HAS_EXPIRED' });
    expect(translate(expired, 'ping', place).message).toContain('Check ca, cert and key');
  });
});
