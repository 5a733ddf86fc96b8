import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { download } from '../../../scripts/lib/download.mjs';

const CONTENT = Buffer.alloc(300_000, 'nightshift');
const HASH = createHash('sha256').update(CONTENT).digest('hex');
let server: Server;
let base = '';
let folder = '';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-download-'));
  server = createServer((request, response) => {
    if (request.url === '/part.tar.gz') response.end(CONTENT);
    else if (request.url === '/moved.tar.gz') response.writeHead(302, { location: '/part.tar.gz' }).end();
    else if (request.url === '/good.txt')
      response.end(`${'0'.repeat(64)}  other.tar.gz\n${HASH}  part.tar.gz\n`);
    else if (request.url === '/part.tar.gz.sha256') response.end(HASH);
    else if (request.url === '/wrong.sha256') response.end(`${'1'.repeat(64)}\n`);
    else if (request.url === '/bad.txt') response.end(`${'0'.repeat(64)}  part.tar.gz\n`);
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

const get = (path: string, checksums?: string) =>
  download({
    url: base + path,
    to: join(folder, 'part'),
    checksums: checksums && base + checksums,
    log: () => {},
    label: 'part',
  });

test('what the vendor publishes, with the checksum that the vendor says', async () => {
  await get('/part.tar.gz', '/good.txt');
  expect(readFileSync(join(folder, 'part')).equals(CONTENT)).toBe(true);
});

test('a file with nothing but the checksum will do, and is heeded', async () => {
  await get('/part.tar.gz', '/part.tar.gz.sha256');
  await expect(get('/part.tar.gz', '/wrong.sha256')).rejects.toThrow('the vendor says 111');
});

test('a redirect is followed', async () => {
  await get('/moved.tar.gz');
  expect(readFileSync(join(folder, 'part')).equals(CONTENT)).toBe(true);
});

test('another checksum, none in the list, no such file, nobody there: each fails, and says which', async () => {
  await expect(get('/part.tar.gz', '/bad.txt')).rejects.toThrow(
    `its SHA-256 is ${HASH}, the vendor says 000`,
  );
  await expect(get('/moved.tar.gz', '/bad.txt')).rejects.toThrow('has no checksum of moved.tar.gz');
  await expect(get('/nowhere.tar.gz')).rejects.toThrow('answers 404');
  const started = Date.now();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  const url = `${base}/part.tar.gz`;
  await expect(download({ url, to: join(folder, 'part'), log: () => {}, label: 'part' })).rejects.toThrow(
    'reached',
  );
  expect(Date.now() - started).toBeLessThan(3_000);
});
