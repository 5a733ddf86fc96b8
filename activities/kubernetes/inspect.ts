import { Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import type { PodReading } from '../../model/kubernetes/details.js';
import { failure, messageOf } from '../failure.js';
import type { Cluster } from './client.js';

/**
 * The live process in the container: the largest by resident memory, from /proc. No shell is needed but `cat`, and
 * nothing is written. Needs `create pods/exec`, which can run anything in the pod. Throws `PermissionDenied`,
 * `Unsupported` where there is no `cat`, `Unreachable`.
 */
export async function inspectProcess(
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
  signal: AbortSignal,
): Promise<NonNullable<PodReading['process']>> {
  const text = await exec(cluster, namespace, pod, container, ['cat', '/proc/1/status'], signal);
  const kib = (name: string): number | undefined => {
    const match = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text);
    return match === null ? undefined : Number(match[1]) * 1024;
  };
  const rssBytes = kib('VmRSS');
  if (rssBytes === undefined)
    throw failure('Unsupported', `/proc/1/status of pod ${pod} does not say what its process holds.`);
  const vmsBytes = kib('VmSize');
  const [file, shmem] = [kib('RssFile'), kib('RssShmem')];
  return {
    rssBytes,
    ...(vmsBytes !== undefined && { vmsBytes }),
    ...(file !== undefined && { sharedBytes: file + (shmem ?? 0) }),
    source: 'exec: /proc/1/status',
  };
}

function exec(
  cluster: Cluster,
  namespace: string,
  pod: string,
  container: string,
  command: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const out = collector();
  const err = collector();
  return new Promise((resolve, reject) => {
    let socket: { close(): void } | undefined;
    const aborted = (): void => {
      socket?.close();
      reject(signal.reason);
    };
    signal.addEventListener('abort', aborted, { once: true });
    new Exec(cluster.config)
      .exec(
        namespace,
        pod,
        container,
        [...command],
        out.stream,
        err.stream,
        null,
        false,
        ({ status, message }) => {
          signal.removeEventListener('abort', aborted);
          if (status === 'Success') resolve(out.text());
          else reject(failure('Unsupported', `${command.join(' ')} in pod ${pod}: ${message ?? err.text()}`));
        },
      )
      .then(
        (opened) => {
          socket = opened;
          // What closes without a status was cut off.
          opened.on('close', () => reject(failure('Unreachable', `exec in pod ${pod} was cut off`)));
        },
        (error: unknown) => reject(refused(pod, error)),
      );
  });
}

function refused(pod: string, error: unknown): Error {
  const said = messageOf(error instanceof Error ? error : (error as { message?: string }).message);
  return /403|forbidden/i.test(said)
    ? failure(
        'PermissionDenied',
        `exec in pod ${pod} is not allowed: it needs the inspect role (create pods/exec)`,
      )
    : failure('Unreachable', `exec in pod ${pod}: ${said}`);
}

const longestText = 64 * 1024;

function collector(): { readonly stream: Writable; text(): string } {
  const chunks: Buffer[] = [];
  let length = 0;
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (length < longestText) chunks.push(chunk);
      length += chunk.length;
      done();
    },
  });
  return { stream, text: () => Buffer.concat(chunks).toString('utf8').slice(0, longestText) };
}
