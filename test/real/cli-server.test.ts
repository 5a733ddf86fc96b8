import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Connection } from '@temporalio/client';
import { afterEach, describe, expect, it } from 'vitest';
import { missingAttributes } from '../../client/search-attributes.js';
import { filesOf, makeFolder } from '../../client/up/files.js';
import { takeLock } from '../../client/up/lock.js';
import { freePort } from '../../client/up/ports.js';
import { lives } from '../../client/up/process.js';
import { startTemporal, type TemporalServer } from '../../client/up/temporal-server.js';
import { searchAttributeTypes } from '../../workflows/contract.js';

const lines: string[] = [];
let folder = '';
const running: TemporalServer[] = [];

async function start(): Promise<TemporalServer> {
  const { signal } = new AbortController();
  const server = await startTemporal({ files: filesOf(folder), log: (line) => lines.push(line), signal });
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
  await rm(folder, { recursive: true, force: true });
});

describe('the embedded Temporal server', () => {
  it('answers on loopback with our search attributes and 30 days of retention, and again after a restart', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-server-'));
    await makeFolder(folder);
    for (let round = 0; round < 2; round += 1) {
      const server = await start();
      const connection = await Connection.connect({ address: server.address });
      const namespace = server.namespace;
      const { config } = await connection.workflowService.describeNamespace({ namespace });
      expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(30 * 86_400);
      const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace });
      expect(Object.keys(customAttributes ?? {})).toEqual(
        expect.arrayContaining(Object.keys(searchAttributeTypes)),
      );
      expect(await missingAttributes(connection, namespace)).toEqual([]);
      expect((await fetch(server.ui)).ok).toBe(true);
      expect(server.memory()).toBeGreaterThan(50 * 1024 ** 2);
      await connection.close();
      await server.stop();
      expect(lives({ pid: server.pid })).toBe(false);
    }
  });

  it('comes up on other ports where two are started at one moment', async () => {
    const folders = await Promise.all([1, 2].map(() => mkdtemp(join(tmpdir(), 'ns-server-'))));
    const { signal } = new AbortController();
    try {
      const both = await Promise.all(
        folders.map((each) => startTemporal({ files: filesOf(each), log: () => undefined, signal })),
      );
      running.push(...both);
      expect(new Set(both.flatMap(({ address, ui }) => [address, ui])).size).toBe(4);
    } finally {
      await Promise.all(running.splice(0).map((server) => server.stop()));
      await Promise.all(folders.map((each) => rm(each, { recursive: true, force: true })));
    }
  });

  it('says so where a port that was asked for is taken', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-server-'));
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    if (address === null || typeof address === 'string') throw new Error('no port could be had');
    const { signal } = new AbortController();
    const asked = { files: filesOf(folder), log: () => undefined, signal, uiPort: address.port };
    await expect(startTemporal({ ...asked, port: await freePort('127.0.0.1') })).rejects.toMatchObject({
      message: expect.stringContaining(`or ${address.port}: another process listens there`),
      mend: expect.stringContaining('--ui-port'),
    });
    taken.close();
  });

  it('is not taken for up where another Temporal server answers on its port', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-server-'));
    const other = await mkdtemp(join(tmpdir(), 'ns-server-'));
    const { port } = new URL(`http://${(await start()).address}`);
    const { signal } = new AbortController();
    try {
      const asked = { files: filesOf(other), log: () => undefined, signal };
      await expect(
        startTemporal({ ...asked, port: Number(port), uiPort: await freePort('127.0.0.1') }).then(
          (server) => {
            running.push(server);
            return server.address;
          },
        ),
      ).rejects.toMatchObject({
        message: expect.stringContaining(`can’t have port ${port}`),
        mend: expect.stringContaining('--port'),
      });
    } finally {
      await rm(other, { recursive: true, force: true });
    }
  });

  it('of a run that was killed is stopped before the next one opens the database', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-server-'));
    await makeFolder(folder);
    const first = await start();
    const second = await start();
    expect(lives({ pid: first.pid })).toBe(false);
    expect(lives({ pid: second.pid })).toBe(true);
    expect(lines.at(-1)).toContain(`process ${first.pid}`);
  });
});

describe('the state folder', () => {
  it('is refused to a second user, and taken over from a dead one', async () => {
    folder = await mkdtemp(join(tmpdir(), 'ns-lock-'));
    const { lock } = filesOf(folder);
    const first = await takeLock(lock, folder);
    await expect(takeLock(lock, folder)).rejects.toMatchObject({
      code: 2,
      message: expect.stringContaining(`process ${process.pid}`),
    });
    await first.release();
    const { writeFile } = await import('node:fs/promises');
    await writeFile(lock, JSON.stringify({ pid: process.pid, ticks: '1' }));
    const second = await takeLock(lock, folder);
    await second.release();
  });
});
