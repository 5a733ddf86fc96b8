import '../support/quiet.js';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createSecureServer, type IncomingHttpHeaders } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { connectTemporal, TemporalUnreachable } from '../../client/temporal.js';
import { loadConfig, temporalSettings } from '../../config/index.js';
import { connectWorker } from '../../worker/connection.js';
import { freePort } from './intake-temporal.js';
import { type Certificates, makeCertificates, parts, serverName } from './tls-kit.js';

let folder: string;
let certificates: Certificates;
const open: { close(): void }[] = [];

async function listening(server: Server | ReturnType<typeof createSecureServer>): Promise<string> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  open.push(server);
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function refusal(address: string, tls: object | undefined): Promise<TemporalUnreachable> {
  const error: unknown = await connectTemporal(
    { address, namespace: 'default', ...(tls && { tls }) },
    { timeoutMs: 1_500 },
  ).catch((reason: unknown) => reason);
  if (error instanceof TemporalUnreachable) return error;
  throw new Error(`not a refusal: ${String(error)}`);
}

/** A frontend that takes a connection, refuses every call about a namespace, and writes down what it was sent. */
async function frontend(pair: { cert: string; key: string }): Promise<{
  address: string;
  calls: Map<string, IncomingHttpHeaders>;
}> {
  const server = createSecureServer({ cert: await readFile(pair.cert), key: await readFile(pair.key) });
  const calls = new Map<string, IncomingHttpHeaders>();
  server.on('stream', (stream, headers) => {
    const method = String(headers[':path']).split('/').pop() ?? '';
    calls.set(method, headers);
    stream.on('error', () => undefined);
    if (method !== 'GetSystemInfo')
      return stream.respond(
        {
          ':status': 200,
          'content-type': 'application/grpc',
          'grpc-status': '16',
          'grpc-message': 'no such key',
        },
        { endStream: true },
      );
    stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0' }));
    // One message of no fields.
    stream.end(Buffer.alloc(5));
  });
  return { address: await listening(server), calls };
}

describe.skipIf(!parts.openssl)('a Temporal that can not be had', () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-handshake-'));
    certificates = await makeCertificates(folder);
  });
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('since nothing listens there', async () => {
    const { message, mend } = await refusal(`127.0.0.1:${await freePort()}`, undefined);
    expect(message).toMatch(/nothing listens there$/);
    expect(mend).toMatch(/nightshift up.*temporal\.address/);
  });

  test('since it speaks no TLS where the configuration says so', async () => {
    const address = await listening(
      createServer((socket) => {
        socket.on('error', () => undefined);
        socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
      }),
    );
    const { message, mend } = await refusal(address, { caFile: certificates.ca });
    expect(message).toMatch(/speaks plain text/);
    expect(mend).toMatch(/Take temporal\.tls/);
  });

  test('since our certificate and our key are not a pair', async () => {
    const { address } = await frontend(certificates.server);
    const { cert } = certificates.client;
    const tls = { caFile: certificates.ca, certFile: cert, keyFile: certificates.stranger.key, serverName };
    const { message, mend } = await refusal(address, tls);
    expect(message).toMatch(/client certificate and its key can't be used/);
    expect(mend).toMatch(/temporal\.tls\.certFile and temporal\.tls\.keyFile/);
  });

  test('since its certificate has run out', async () => {
    const expired = await makeCertificates(folder, { serverDays: -1 });
    const { address } = await frontend(expired.server);
    const { message, mend } = await refusal(address, { caFile: expired.ca, serverName });
    expect(message).toMatch(/not valid now .*expired/);
    expect(mend).toMatch(/Renew/);
  });

  test('one that closes on us may be on its way up: it is tried until the time is up', async () => {
    let tries = 0;
    const address = await listening(
      createServer((socket) => {
        tries += 1;
        socket.destroy();
      }),
    );
    const began = Date.now();
    await refusal(address, { caFile: certificates.ca });
    expect(Date.now() - began).toBeGreaterThan(1_400);
    expect(tries).toBeGreaterThan(1);
  });
});

describe.skipIf(!parts.openssl)('an API key', () => {
  const key = 'key-of-the-night';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-apikey-'));
    certificates = await makeCertificates(folder);
    await writeFile(join(folder, 'key'), `${key}\n`);
  });
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function settings(address: string) {
    const file = join(folder, 'nightshift.yaml');
    const tls = { caFile: 'authority.pem', serverName };
    const temporal = { address, namespace: 'nights.acct', tls, apiKey: 'temporal' };
    await writeFile(file, JSON.stringify({ temporal, secrets: { temporal: { file: 'key' } } }));
    return temporalSettings(loadConfig(file));
  }

  test('goes out with the calls of the library, with the namespace, and one that is refused is told as such', async () => {
    const { address, calls } = await frontend(certificates.server);
    const error: unknown = await connectTemporal(await settings(address)).catch((reason: unknown) => reason);
    expect(calls.get('DescribeNamespace')).toMatchObject({
      authorization: `Bearer ${key}`,
      'temporal-namespace': 'nights.acct',
    });
    expect(error).toBeInstanceOf(TemporalUnreachable);
    expect(error).toMatchObject({
      message: expect.stringMatching(/refuses this client: no such key/),
      mend: expect.stringMatching(/temporal\.apiKey/),
    });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(key);
  });

  test("goes out with a worker's calls", async () => {
    const { address, calls } = await frontend(certificates.server);
    const connection = await connectWorker(await settings(address));
    expect(calls.get('GetSystemInfo')).toMatchObject({ authorization: `Bearer ${key}` });
    await connection.close();
  });
});
