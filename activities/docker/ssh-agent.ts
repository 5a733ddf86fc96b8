import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import type { Endpoint, EngineAddress } from './address.js';

/**
 * HTTP over `ssh … docker system dial-stdio`, as the docker command line does it.
 *
 * OpenSSH is used rather than dockerode's own ssh: that one accepts any host key, knows neither ~/.ssh/config nor
 * jump hosts, and makes a new login for every request. Here connections are kept and used again.
 */
export function sshAgent(endpoint: Extract<Endpoint, { via: 'ssh' }>, address: EngineAddress): Agent {
  const agent = new Agent({ keepAlive: true, maxSockets: 4, timeout: 60_000 });
  const connect = (): Duplex => new SshStream(spawn('ssh', sshArgv(endpoint, address)));
  return Object.assign(agent, { createConnection: connect });
}

/** Arguments for ssh. BatchMode: it never asks; a host key that isn't known is refused. */
export function sshArgv(endpoint: Extract<Endpoint, { via: 'ssh' }>, address: EngineAddress): string[] {
  const { keyFile, knownHostsFile } = address.ssh ?? {};
  return [
    ...['-T', '-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=yes', '-o', 'ConnectTimeout=5'],
    ...['-o', 'ServerAliveInterval=5', '-o', 'ServerAliveCountMax=2'],
    ...(knownHostsFile ? ['-o', `UserKnownHostsFile=${knownHostsFile}`] : []),
    ...(keyFile ? ['-o', 'IdentitiesOnly=yes', '-i', keyFile] : []),
    ...(endpoint.user ? ['-l', endpoint.user] : []),
    ...['-p', String(endpoint.port), '--', endpoint.host, 'docker', 'system', 'dial-stdio'],
  ];
}

/** A child's stdin and stdout as one stream, with the few calls that Node's HTTP client makes on a socket. */
class SshStream extends Duplex {
  #stderr = '';

  constructor(private readonly child: ChildProcessWithoutNullStreams) {
    super({ allowHalfOpen: false });
    child.stdout.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) child.stdout.pause();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-2000);
    });
    child.stdin.on('error', (error) => this.destroy(error));
    child.on('error', (error) => this.destroy(new Error(`ssh could not be started: ${error.message}`)));
    child.on('close', (code) => this.#closed(code));
  }

  #closed(code: number | null): void {
    if (this.destroyed) return;
    const said = this.#stderr.trim().split('\n').slice(-2).join('; ');
    if (code === 0) this.push(null);
    else this.destroy(new Error(`ssh ended with code ${code}: ${said || 'it said nothing'}`));
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.child.stdin.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.child.stdin.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.child.exitCode === null) this.child.kill();
    done(error);
  }

  // Asked of sockets by Node's HTTP client; nothing to do for a pipe.
  setTimeout(): this {
    return this;
  }
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }
}
