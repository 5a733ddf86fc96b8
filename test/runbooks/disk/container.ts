/** The container that a disk is in, by its engine. */
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { finished } from 'node:stream/promises';
import Docker from 'dockerode';
import { failure } from '../../../workflows/authoring.js';

const callLimitMs = 10_000;

/** One container: what DISK-001 asks of it and does to it. Errors are typed for the incident engine. */
export class DiskContainer {
  private readonly docker: Docker;

  /** `url` as in DOCKER_HOST; only unix sockets, which is what this example needs. */
  constructor(
    url: string,
    private readonly name: string,
  ) {
    this.docker = new Docker({ socketPath: url.replace(/^unix:\/\//, '') });
  }

  inspect(signal: AbortSignal): Promise<Docker.ContainerInspectInfo> {
    const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(callLimitMs)]);
    return this.call(signal, () => this.docker.getContainer(this.name).inspect({ abortSignal }));
  }

  /** Starts it anew, as `docker restart` does. */
  async restart(id: string, signal: AbortSignal): Promise<void> {
    await this.call(signal, () => this.docker.getContainer(id).restart());
  }

  /** Runs a program in it, without a shell. Throws where it fails; returns what it printed. */
  async run(id: string, argv: readonly string[], signal: AbortSignal): Promise<string> {
    const { code, out, err } = await this.call(signal, () => this.exec(id, argv));
    if (code === 0) return out;
    throw failure('Unsupported', `${argv[0]} failed in ${this.name} (${code}): ${err.trim().slice(0, 200)}`);
  }

  /** True where there is such a folder in it. */
  async hasFolder(id: string, path: string, signal: AbortSignal): Promise<boolean> {
    const { code } = await this.call(signal, () => this.exec(id, ['test', '-d', path]));
    return code === 0;
  }

  private async exec(id: string, argv: readonly string[]) {
    const container = this.docker.getContainer(id);
    const exec = await container.exec({ Cmd: [...argv], AttachStdout: true, AttachStderr: true });
    const stream = await exec.start({});
    const out = new PassThrough();
    const err = new PassThrough();
    this.docker.modem.demuxStream(stream, out, err);
    stream.on('close', () => {
      out.end();
      err.end();
    });
    const limit = setTimeout(() => stream.destroy(new Error(`${argv[0]} took too long`)), callLimitMs);
    try {
      const [said, complained] = await Promise.all([
        text(out),
        text(err),
        finished(stream, { writable: false }),
      ]);
      const { ExitCode } = await exec.inspect();
      return { code: ExitCode, out: said, err: complained };
    } finally {
      clearTimeout(limit);
    }
  }

  private async call<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof Error ? error.message : String(error);
      const status =
        typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : 0;
      if (status === 404) throw failure('TargetGone', `there is no container ${this.name}`);
      throw failure('Unreachable', `container ${this.name}: ${why}`);
    }
  }
}
