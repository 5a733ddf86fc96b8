import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dockerd = ['/usr/bin/dockerd', '/usr/sbin/dockerd'].find((path) => existsSync(path));

const unshare = ['/usr/bin/unshare', '/bin/unshare'].find((path) => existsSync(path));

/** Only root may run an engine, and only one of our own may be killed. */
export const mayRunEngine = process.getuid?.() === 0 && dockerd !== undefined && unshare !== undefined;

/**
 * A Docker engine that a test may kill and start again with the same state, which the set-up's private engine does
 * not allow (its keeper clears everything away). Without networks: containers need `NetworkMode: none`. It has a
 * network namespace of its own, because an engine without a bridge removes docker0, whosever that is.
 */
export class MortalEngine {
  readonly folder = mkdtempSync(join(tmpdir(), 'ns-mortal-'));
  #child: ChildProcess | undefined;

  get url(): string {
    return `unix://${join(this.folder, 'docker.sock')}`;
  }

  async start(): Promise<void> {
    const at = (name: string): string => join(this.folder, name);
    // Left behind by a kill. While a pid file's process seems to live (it may be a zombie), a new one does not start.
    for (const stale of ['pid', 'docker.sock', 'exec/containerd/containerd.pid'])
      rmSync(at(stale), { force: true });
    const args = [
      '--data-root',
      at('data'),
      '--exec-root',
      at('exec'),
      '-H',
      this.url,
      '--pidfile',
      at('pid'),
    ];
    const command = ['--net', dockerd ?? '', ...args, '--bridge=none', '--iptables=false'];
    this.#child = spawn(unshare ?? '', command, { stdio: 'ignore' });
    for (let waited = 0; !(await answers(at('docker.sock'))); waited += 200) {
      if (waited > 60_000) throw new Error('dockerd did not come up within 60 s');
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }

  /** As by the OOM killer or a power cut: nothing is put in order. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  }

  /** Ends it and everything that names its folder, and removes the folder. */
  async remove(): Promise<void> {
    await this.kill('SIGTERM');
    for (const pid of this.#left()) process.kill(pid, 'SIGKILL');
    const mounts = readFileSync('/proc/mounts', 'utf8')
      .split('\n')
      .map((line) => line.split(' ')[1] ?? '');
    const ours = mounts.filter((path) => path.startsWith(`${this.folder}/`)).reverse();
    for (const path of ours) execFileSync('umount', ['-l', path]);
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  /** Processes that have this engine's own folder among their arguments: its containerd and shims. */
  #left(): number[] {
    return readdirSync('/proc')
      .filter(
        (name) => /^\d+$/.test(name) && argumentsOf(name).some((word) => word.startsWith(`${this.folder}/`)),
      )
      .map(Number);
  }
}

function argumentsOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

async function answers(socketPath: string): Promise<boolean> {
  const { request } = await import('node:http');
  return new Promise((resolve) => {
    const call = request({ socketPath, path: '/_ping' }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.once('error', () => resolve(false));
    call.end();
  });
}
