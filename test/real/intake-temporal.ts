import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectTemporal } from '../../client/temporal.js';
import { searchAttributeTypes } from '../../workflows/contract.js';

/** The Temporal CLI that `npm test` found, or undefined: then the tests that need it are skipped. */
export const temporalCli = process.env.NIGHTSHIFT_TEMPORAL_CLI;

/** A Temporal server of our own that can be stopped and started again with all that it holds. */
export class TemporalServer {
  private child: ChildProcess | undefined;

  private constructor(
    readonly address: string,
    private readonly port: number,
    private readonly folder: string,
  ) {}

  static async make(): Promise<TemporalServer> {
    const port = await freePort();
    return new TemporalServer(`127.0.0.1:${port}`, port, await mkdtemp(join(tmpdir(), 'ns-intake-')));
  }

  async start(): Promise<void> {
    const attributes = Object.entries(searchAttributeTypes).flatMap(([name, type]) => [
      '--search-attribute',
      `${name}=${type === 'BOOL' ? 'Bool' : 'Keyword'}`,
    ]);
    const pragmas = ['journal_mode=wal', 'synchronous=normal'].flatMap((pragma) => [
      '--sqlite-pragma',
      pragma,
    ]);
    this.child = spawn(
      temporalCli ?? 'temporal',
      [
        ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(this.port)],
        ...['--db-filename', join(this.folder, 'temporal.db'), '--log-level', 'error', ...pragmas],
        ...['--dynamic-config-value', 'history.transferProcessorMaxPollRPS=2000', ...attributes],
      ],
      { stdio: 'ignore' },
    );
    await this.answers();
  }

  /** Kills it, as a power cut would. */
  async kill(): Promise<void> {
    const { child } = this;
    this.child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = once(child, 'exit');
    child.kill('SIGKILL');
    await gone;
  }

  async remove(): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    const until = Date.now() + 60_000;
    for (;;) {
      try {
        const { close } = await connectTemporal(
          { address: this.address, namespace: 'default' },
          { timeoutMs: 1_000 },
        );
        return await close();
      } catch (error) {
        if (Date.now() > until) throw error;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
    }
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
