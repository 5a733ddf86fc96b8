import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
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

    it('reads connections and open cursors', async () => {
      const { reading, connections } = await readMongo({ url }, noSecret, signal);
      // This server always tells of one connection, and knows no $currentOp: nothing is told apart then.
      expect(reading).toEqual({ current: 1, openCursors: 0 });
      expect(connections).toBeUndefined();
    });

    it('says that a server that is not there can not be asked', async () => {
      await expect(readMongo({ url: 'mongodb://127.0.0.1:2' }, noSecret, signal)).rejects.toMatchObject({
        type: 'Unreachable',
      });
    });
  },
);
