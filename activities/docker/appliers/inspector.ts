import WebSocket from 'ws';
import type { JsonObject } from '../../../model/json.js';
import { failure, messageOf } from '../../failure.js';

export interface InspectorCall {
  readonly host: string;
  readonly port: number;
  /** The process id that the process itself would tell: its id in its own namespace. */
  readonly pid: number;
  /** Called directly before the collection is asked for. */
  readonly confirm: () => Promise<void>;
  readonly signal: AbortSignal;
}

/** A full collection of a large heap takes seconds; beyond this it counts as hung, milliseconds. */
const limitMs = 40_000;

/**
 * Collects garbage in a Node process whose inspector already listens. It is never opened by a signal: that would
 * open a debugger in production. What answers there must be the very process that was planned for.
 */
export async function collectByInspector(call: InspectorCall): Promise<JsonObject> {
  const limit = AbortSignal.any([call.signal, AbortSignal.timeout(limitMs)]);
  const session = await Session.open(await debuggerUrl(call, limit), limit);
  try {
    await checkProcess(session, call);
    await call.confirm();
    await session.send('HeapProfiler.enable');
    await session.send('HeapProfiler.collectGarbage');
    await session.send('HeapProfiler.disable');
  } finally {
    session.close();
  }
  return { via: 'node-inspector' };
}

/** `GET /json/list` names the address of the only target. The host part is ours: the process may know another. */
async function debuggerUrl({ host, port }: InspectorCall, signal: AbortSignal): Promise<string> {
  const at = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const targets: unknown = await fetch(`http://${at}/json/list`, { signal, redirect: 'error' })
    .then((response) => response.json())
    .catch((error: unknown) => {
      throw failure(
        'Unsupported',
        `No Node inspector listens on ${at} (${reasonOf(error)}), and it is not opened from here: start the process with --inspect=127.0.0.1:${port}, or use its own endpoint.`,
        error,
      );
    });
  const first: unknown = Array.isArray(targets) ? targets[0] : undefined;
  const url = field(first, 'webSocketDebuggerUrl');
  if (typeof url !== 'string') throw failure('Unsupported', `What listens on ${at} is no Node inspector.`);
  return `ws://${at}${new URL(url).pathname}`;
}

async function checkProcess(session: Session, { host, port, pid }: InspectorCall): Promise<void> {
  const answer = await session.send('Runtime.evaluate', { expression: 'process.pid', returnByValue: true });
  const answered = field(field(answer, 'result'), 'value');
  if (answered === pid) return;
  throw failure(
    'PreconditionChanged',
    `The inspector on ${host}:${port} belongs to process ${String(answered)}, not to ${pid}.`,
  );
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: Error): void;
}

/** One connection that speaks the DevTools protocol: numbered calls, answers by number, events ignored. */
class Session {
  #number = 0;
  readonly #waiting = new Map<number, Waiting>();

  private constructor(private readonly socket: WebSocket) {
    socket.on('message', (data) => this.#take(String(data)));
    socket.on('close', () => this.#fail('the inspector closed the connection'));
    socket.on('error', (error) => this.#fail(messageOf(error)));
  }

  static open(url: string, signal: AbortSignal): Promise<Session> {
    return new Promise((resolve, reject) => {
      const socket = new WebSocket(url, { followRedirects: false, handshakeTimeout: 5000 });
      const session = new Session(socket);
      const abort = (): void => socket.terminate();
      signal.addEventListener('abort', abort, { once: true });
      socket.once('close', () => signal.removeEventListener('abort', abort));
      socket.once('open', () => resolve(session));
      socket.once('error', (error) => reject(failure('Unreachable', `${url}: ${messageOf(error)}.`, error)));
    });
  }

  send(method: string, params: JsonObject = {}): Promise<unknown> {
    this.#number += 1;
    const id = this.#number;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ id, method, params }), (error) => {
        if (error) this.#fail(messageOf(error));
      });
    });
  }

  close(): void {
    this.socket.close();
  }

  #take(text: string): void {
    const message: unknown = JSON.parse(text);
    const id = field(message, 'id');
    const waiting = typeof id === 'number' ? this.#waiting.get(id) : undefined;
    if (typeof id !== 'number' || waiting === undefined) return;
    this.#waiting.delete(id);
    const error = field(message, 'error');
    if (error === undefined) waiting.resolve(field(message, 'result'));
    else waiting.reject(failure('Unsupported', `The inspector said: ${String(field(error, 'message'))}`));
  }

  #fail(why: string): void {
    for (const { reject } of this.#waiting.values())
      reject(failure('Unreachable', `Node inspector: ${why}.`));
    this.#waiting.clear();
  }
}

function reasonOf(error: unknown): string {
  return messageOf(error instanceof Error && error.cause !== undefined ? error.cause : error);
}

function field(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
