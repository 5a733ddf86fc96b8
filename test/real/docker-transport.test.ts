import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer as createTcpServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connectDocker, type EngineAddress } from '../../activities/docker/client.js';
import { until } from './docker-kit.js';

const run = promisify(execFile);
const url = process.env.DOCKER_HOST ?? '';
const socket = url.replace(/^unix:\/\//, '');
const sshd = '/usr/sbin/sshd';
const hasSshd = existsSync(sshd) && process.getuid?.() === 0;

let dir = '';
const cleanUps: (() => void)[] = [];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ns-transport-'));
});
afterAll(async () => {
  for (const cleanUp of cleanUps) cleanUp();
  await rm(dir, { recursive: true, force: true });
});

if (!url && process.env.CI) {
  test('engines by TLS and ssh', () => {
    throw new Error('DOCKER_HOST is not set: scripts/ starts an engine and sets it (npm test)');
  });
}

const idOf = async (address: EngineAddress): Promise<string> => {
  const engine = connectDocker(address);
  cleanUps.push(() => engine.close());
  const info = await engine.call('read its info', (docker) => docker.info());
  return String(Reflect.get(info, 'ID'));
};

describe.skipIf(!url.startsWith('unix://'))('a real engine (DOCKER_HOST) behind TLS', () => {
  let port = 0;
  const file = (name: string): string => join(dir, name);

  beforeAll(async () => {
    await authority('ca');
    await authority('stranger');
    await certificate('server', 'ca', 'subjectAltName=DNS:localhost,IP:127.0.0.1');
    await certificate('client', 'ca', 'extendedKeyUsage=clientAuth');
    await certificate('intruder', 'stranger', 'extendedKeyUsage=clientAuth');
    // The engine's own socket behind a TLS server that asks for a certificate, as dockerd --tlsverify does.
    const server = createTlsServer(
      {
        ca: await readFile(file('ca.pem')),
        cert: await readFile(file('server.pem')),
        key: await readFile(file('server.key')),
        requestCert: true,
        rejectUnauthorized: true,
      },
      (client) => {
        const engine = connect(socket);
        client.pipe(engine).pipe(client);
        client.on('error', () => engine.destroy());
        engine.on('error', () => client.destroy());
      },
    );
    port = await listen(server);
  });

  const address = (certName: string, caName: string): EngineAddress => ({
    name: 'remote',
    url: `tcp://127.0.0.1:${port}`,
    tls: { ca: file(`${caName}.pem`), cert: file(`${certName}.pem`), key: file(`${certName}.key`) },
  });

  test('answers whom its authority knows', async () => {
    expect(await idOf(address('client', 'ca'))).toBe(await idOf({ name: 'local', url }));
  });

  test('is not believed with a certificate of another authority', async () => {
    await expect(idOf(address('client', 'stranger'))).rejects.toMatchObject({
      type: 'Unreachable',
      message: expect.stringMatching(/engine remote .*Check ca, cert and key/),
    });
  });

  test('refuses a client of another authority', async () => {
    await expect(idOf(address('intruder', 'ca'))).rejects.toMatchObject({ type: 'Unreachable' });
  });

  async function authority(name: string): Promise<void> {
    const args = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const out = ['-subj', `/CN=${name}`, '-keyout', file(`${name}.key`), '-out', file(`${name}.pem`)];
    await run('openssl', ['req', ...args, ...out]);
  }

  async function certificate(name: string, by: string, extension: string): Promise<void> {
    await run('openssl', [
      ...['req', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', `/CN=${name}`],
      ...['-keyout', file(`${name}.key`), '-out', file(`${name}.csr`)],
    ]);
    await writeFile(file(`${name}.ext`), extension);
    await run('openssl', [
      ...['x509', '-req', '-in', file(`${name}.csr`), '-days', '2', '-extfile', file(`${name}.ext`)],
      ...[
        '-CA',
        file(`${by}.pem`),
        '-CAkey',
        file(`${by}.key`),
        '-CAcreateserial',
        '-out',
        file(`${name}.pem`),
      ],
    ]);
  }
});

describe.skipIf(!url.startsWith('unix://') || !hasSshd)(
  'a real engine (DOCKER_HOST) behind ssh (needs root and openssh-server)',
  () => {
    let port = 0;
    let server: ChildProcess | undefined;
    const file = (name: string): string => join(dir, name);

    beforeAll(async () => {
      for (const name of ['host', 'user', 'other'])
        await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file(name)]);
      const key = await readFile(file('user.pub'), 'utf8');
      // The account's default engine is another one here: the key is bound to the engine under test.
      await writeFile(file('authorized_keys'), `command="docker -H ${url} system dial-stdio" ${key}`);
      port = await freePort();
      const known = async (name: string): Promise<string> =>
        `[127.0.0.1]:${port} ${await readFile(file(`${name}.pub`), 'utf8')}`;
      await writeFile(file('known_hosts'), await known('host'));
      await writeFile(file('wrong_hosts'), await known('other'));
      await writeFile(
        file('sshd_config'),
        [
          `Port ${port}`,
          'ListenAddress 127.0.0.1',
          `HostKey ${file('host')}`,
          `AuthorizedKeysFile ${file('authorized_keys')}`,
          `PidFile ${file('sshd.pid')}`,
          'StrictModes no',
          'UsePAM no',
          'PasswordAuthentication no',
          '',
        ].join('\n'),
      );
      await chmod(dir, 0o700);
      await mkdir('/run/sshd', { recursive: true });
      server = spawn(sshd, ['-D', '-e', '-f', file('sshd_config')], { stdio: 'ignore' });
      cleanUps.push(() => server?.kill());
      await until('sshd listens', () => answers(port), 10);
    });

    const address = (key: string, hosts: string): EngineAddress => ({
      name: 'far',
      url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
      ssh: { keyFile: file(key), knownHostsFile: file(hosts) },
    });

    test('answers, twice over one connection', async () => {
      const engine = connectDocker(address('user', 'known_hosts'));
      cleanUps.push(() => engine.close());
      const local = await idOf({ name: 'local', url });
      for (let i = 0; i < 2; i++) {
        const info = await engine.call('read its info', (docker) => docker.info());
        expect(Reflect.get(info, 'ID')).toBe(local);
      }
      const began = performance.now();
      await engine.call('ping', (docker) => docker.ping());
      // A new login would take many times that.
      expect(performance.now() - began).toBeLessThan(500);
    });

    test('is not believed with another host key, and a stranger’s key is refused; ssh’s words are told', async () => {
      await expect(idOf(address('user', 'wrong_hosts'))).rejects.toMatchObject({
        type: 'Unreachable',
        message: expect.stringMatching(/engine far .*[Hh]ost key/),
      });
      await expect(idOf(address('other', 'known_hosts'))).rejects.toMatchObject({
        type: 'Unreachable',
        message: expect.stringContaining('Permission denied'),
      });
    });
  },
);

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  cleanUps.push(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = connect(port, '127.0.0.1', () => {
      probe.destroy();
      resolve(true);
    });
    probe.on('error', () => resolve(false));
  });
}
