import { PassThrough } from 'node:stream';
import { failure } from '../../failure.js';
import type { DockerEngine } from '../client.js';

export interface ExecCall {
  readonly id: string;
  readonly argv: readonly string[];
  /** `uid:gid` */
  readonly user: string;
  readonly timeoutMs: number;
}

/** What a program left. `output` is both streams, at most 16 kB of it. */
export interface Ended {
  readonly exitCode: number;
  readonly output: string;
}

const outputLimit = 16 * 1024;

/** Runs one program in a container, as `docker exec` does, without a shell, and waits for its end. */
export async function execInContainer(engine: DockerEngine, call: ExecCall): Promise<Ended> {
  const { id, argv, user, timeoutMs } = call;
  const what = `run ${argv[0] ?? ''} in container ${id.slice(0, 12)}`;
  return engine.call(
    what,
    async (docker, abortSignal) => {
      const options = { Cmd: [...argv], User: user, AttachStdout: true, AttachStderr: true, abortSignal };
      const exec = await docker.getContainer(id).exec(options);
      const stream = await exec.start({ hijack: false, stdin: false, abortSignal });
      const output = new PassThrough();
      docker.modem.demuxStream(stream, output, output);
      stream.on('end', () => output.end());
      stream.on('error', (error: Error) => output.destroy(error));
      const text = await textOf(output);
      const { ExitCode } = await exec.inspect({ abortSignal });
      if (ExitCode === null) throw failure('Unreachable', `Could not ${what}: it did not end.`);
      return { exitCode: ExitCode, output: text };
    },
    { timeoutMs },
  );
}

async function textOf(stream: PassThrough): Promise<string> {
  let text = '';
  for await (const chunk of stream) text = (text + String(chunk)).slice(-outputLimit);
  return text;
}
