/** A worker or an API in a process of its own: `node child.js <task as JSON>`. It says when it is ready by a message. */
import { connectTemporal } from '../client/temporal.js';
import { connectWorker } from '../worker/connection.js';
import { createLogger, installRuntime } from '../worker/logger.js';
import type { ChildTask } from './children.js';
import { startTankApi, startWorkers } from './lab.js';

const task = JSON.parse(process.argv[2] ?? '') as ChildTask;
const settings = { address: task.address, namespace: 'default' };
installRuntime(createLogger('error'));
const { client, close } = await connectTemporal(settings);
const part = task.role === 'api' ? await api(task) : await worker(task);
process.send?.({ url: part.url });

const stop = (): void => {
  void part
    .stop()
    .then(close)
    .then(() => process.exit(0));
};
process.once('SIGTERM', stop);
// The bench itself has gone.
process.once('disconnect', stop);

async function api({ tokensFile, names }: ChildTask & { role: 'api' }) {
  const serving = await startTankApi(client, tokensFile, names);
  return { url: serving.url, stop: () => serving.close() };
}

async function worker({ padding, bundlePath }: ChildTask & { role: 'worker' }) {
  const connection = await connectWorker(settings);
  const stopWorkers = await startWorkers({ client, connection, bundlePath }, undefined, padding);
  return { url: '', stop: () => stopWorkers().then(() => connection.close()) };
}
