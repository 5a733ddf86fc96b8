import { Writable } from 'node:stream';
import { Exec } from '@kubernetes/client-node';
import { failure, messageOf } from '../failure.js';
import type { Cluster } from './client.js';

/** A container to run something in. */
export interface ExecPlace {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly signal: AbortSignal;
}

export interface ExecAnswer {
  readonly out: string;
  /** What was said besides, and how it ended where it did not end well. */
  readonly problem?: string;
}

/**
 * Runs a command in a container, without a shell. A command that ends with another code than 0 has answered all the
 * same. Throws `PermissionDenied` (create pods/exec), `Unsupported` where there is no such program, `Unreachable`.
 */
export function execIn(place: ExecPlace, command: readonly string[]): Promise<ExecAnswer> {
  const { cluster, namespace, pod, container, signal } = place;
  const out = collector();
  const err = collector();
  return new Promise((resolve, reject) => {
    let socket: { close(): void } | undefined;
    const aborted = (): void => {
      socket?.close();
      reject(signal.reason);
    };
    if (signal.aborted) return aborted();
    signal.addEventListener('abort', aborted, { once: true });
    const ended = ({ status, message = '' }: { status?: string; message?: string }): void => {
      signal.removeEventListener('abort', aborted);
      const text = out.text();
      const problem = `${command[0]} in pod ${pod}: ${message} ${err.text()}`.trim().slice(0, 300);
      if (status === 'Success') resolve({ out: text });
      // What could not even be started has said nothing.
      else if (text === '') reject(failure('Unsupported', problem));
      else resolve({ out: text, problem });
    };
    new Exec(cluster.config)
      .exec(namespace, pod, container, [...command], out.stream, err.stream, null, false, ended)
      .then(
        (opened) => {
          socket = opened;
          if (signal.aborted) opened.close();
          // What closes without a status was cut off; after one, this changes nothing.
          opened.on('close', () => reject(failure('Unreachable', `exec in pod ${pod} was cut off`)));
        },
        (error: unknown) => reject(refused(pod, error)),
      );
  });
}

/** A handshake that was refused is an event, not an error. */
function refused(pod: string, error: unknown): Error {
  const said =
    typeof error === 'object' && error !== null && 'message' in error
      ? String(error.message)
      : messageOf(error);
  return /\b40[13]\b|forbidden/i.test(said)
    ? failure(
        'PermissionDenied',
        `exec in pod ${pod} is not allowed: it needs the inspect role (create pods/exec)`,
      )
    : failure('Unreachable', `exec in pod ${pod}: ${said}`);
}

const longestText = 512 * 1024;

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
