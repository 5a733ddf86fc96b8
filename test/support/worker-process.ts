/** A worker as a process of its own, which a test can kill: `node worker-process.js <configuration file>`. */
import { loadConfig } from '../../config/index.js';
import { createLogger } from '../../worker/logger.js';
import { startWorker } from '../../worker/main.js';

const file = process.argv[2];
if (file === undefined) throw new Error('usage: worker-process.js <configuration file>');

/** The server may be on its way down or up when this starts: as a supervisor would, it tries again. */
async function run(path: string): Promise<void> {
  for (;;) {
    try {
      const worker = await startWorker({ config: () => loadConfig(path), logger: createLogger('error') });
      console.log('ready');
      await worker.done;
      return;
    } catch (error) {
      console.log(`not running: ${error instanceof Error ? error.message : String(error)}`);
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
  }
}

await run(file);
