import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { MongoClient } from 'mongodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMongo } from '../../activities/mongo/connections.js';
import { freePort } from '../../client/up/ports.js';
import { until } from '../support/cluster.js';

const server = process.env.NIGHTSHIFT_MONGO_SERVER;
const signal = new AbortController().signal;
const noSecret = (): string => '';

describe.skipIf(server === undefined)(
  'MongoDB’s protocol (needs NIGHTSHIFT_MONGO_SERVER, which npm test sets)',
  () => {
    let child: ChildProcess;
    let url = '';

    beforeAll(async () => {
      const port = await freePort('127.0.0.1');
      url = `mongodb://127.0.0.1:${port}`;
      child = spawn(server ?? '', ['--bind_ip', '127.0.0.1', '--port', String(port)], { stdio: 'ignore' });
      await until('the server answers', async () => {
        const { reading } = await readMongo({ url }, noSecret, signal);
        return reading.current >= 0;
      });
    });

    afterAll(async () => {
      if (child.exitCode === null) {
        child.kill('SIGKILL');
        await once(child, 'exit');
      }
    });

    it('counts connections as they come and go, and tells them apart by address and application', async () => {
      const of = (appName: string) =>
        new MongoClient(url, { appName, minPoolSize: 3, maxPoolSize: 3 }).connect();
      const [bruno, other] = [await of('agent-bruno'), await of('reports')];
      try {
        const settings = { url, appName: 'agent-bruno' };
        const ofBruno = async () =>
          (await readMongo(settings, noSecret, signal)).connections?.get('127.0.0.1');
        // Each client has one more, by which it watches the server.
        await expect.poll(ofBruno, { timeout: 20_000 }).toBe(4);
        const { reading, connections, gaps } = await readMongo({ url }, noSecret, signal);
        expect(connections?.get('127.0.0.1')).toBe(8);
        // Ours are counted by the server, and never taken for the app's.
        expect(reading.current).toBeGreaterThan(8);
        expect(reading).toMatchObject({ available: 65_536 - reading.current, openCursors: 0 });
        expect(gaps).toEqual([]);
        await bruno.close();
        await expect.poll(ofBruno, { timeout: 20_000 }).toBeUndefined();
      } finally {
        await bruno.close();
        await other.close();
      }
    });

    it('says that a server that is not there can not be asked', async () => {
      await expect(readMongo({ url: 'mongodb://127.0.0.1:2' }, noSecret, signal)).rejects.toMatchObject({
        type: 'Unreachable',
      });
    });
  },
);
