import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { inspect } from 'node:util';
import Docker from 'dockerode';
import { failure, messageOf } from '../failure.js';
import { type EngineAddress, parseAddress } from './address.js';
import { translate } from './errors.js';
import { sshAgent } from './ssh-agent.js';

export type { EngineAddress } from './address.js';

export interface CallOptions {
  /** Milliseconds; default 10,000. Every call has a limit. */
  readonly timeoutMs?: number;
  /** Of the activity; when it aborts, its reason is thrown as it is. */
  readonly signal?: AbortSignal;
}

/** One Docker engine, every call with a time limit and with errors that the incident engine understands. */
export interface DockerEngine {
  readonly address: EngineAddress;
  /** For what `call` wraps; don't call it bare. */
  readonly docker: Docker;
  /**
   * Runs one call. `what` completes "Could not …": `restart container agent`. Hand the `abortSignal` on to dockerode.
   * Throws `TargetGone` (404), `PermissionDenied`, `PreconditionChanged` (409), `Unsupported` (400, 501) or
   * `Unreachable` (all else, and the time limit). A 304 (already so) counts as Unreachable here: catch it in `run`.
   */
  call<T>(
    what: string,
    run: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
    options?: CallOptions,
  ): Promise<T>;
  close(): void;
}

/** Opens no connection yet. Throws `Misconfigured` for an address that can't be used. */
export function connectDocker(address: EngineAddress): DockerEngine {
  const { options, agent } = connection(address);
  closed(agent);
  // `agent` is docker-modem's own option, which dockerode's types leave out.
  const docker = new Docker(Object.assign({}, nothingFromEnvironment, options, { agent }));
  return {
    address,
    docker,
    call: (what, run, callOptions) => limited(docker, address, what, run, callOptions ?? {}),
    close: () => agent.destroy(),
  };
}

/** dockerode mixes DOCKER_HOST and its fellows into what it is given: each is overridden by name. */
const nothingFromEnvironment: Docker.DockerOptions = {
  host: undefined,
  port: undefined,
  socketPath: undefined,
  protocol: 'http',
  username: undefined,
  ca: undefined,
  cert: undefined,
  key: undefined,
  timeout: undefined,
};

function connection(address: EngineAddress): { options: Docker.DockerOptions; agent: Agent } {
  const endpoint = parseAddress(address);
  if (endpoint.via === 'unix') return { options: { socketPath: endpoint.path }, agent: keepAlive() };
  // The host name is only for the Host header here: the agent makes the connection.
  if (endpoint.via === 'ssh') return { options: { host: 'docker' }, agent: sshAgent(endpoint, address) };
  const { host, port } = endpoint;
  if (!address.tls) return { options: { host, port }, agent: keepAlive() };
  const tls = readTls(address, address.tls);
  const agent = new TlsAgent({ ...tls, keepAlive: true, maxSockets, minVersion: 'TLSv1.2' });
  return { options: { host, port, protocol: 'https', ...tls }, agent };
}

/** Stats of many containers are waited for at once: the engine gives them once a second. */
const maxSockets = 64;

const keepAlive = (): Agent => new Agent({ keepAlive: true, maxSockets });

function readTls(address: EngineAddress, files: NonNullable<EngineAddress['tls']>) {
  const read = (name: keyof typeof files): string => {
    try {
      return readFileSync(files[name], 'utf8');
    } catch (error) {
      const what = `Can’t read tls.${name} of engine ${address.name}`;
      throw failure(
        'Misconfigured',
        `${what} (${messageOf(error)}): correct the path or its permissions.`,
        error,
      );
    }
  };
  return { ca: read('ca'), cert: read('cert'), key: read('key') };
}

async function limited<T>(
  docker: Docker,
  address: EngineAddress,
  what: string,
  run: (docker: Docker, abortSignal: AbortSignal) => Promise<T>,
  { timeoutMs = 10_000, signal }: CallOptions,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = AbortSignal.timeout(timeoutMs);
  const abortSignal = signal ? AbortSignal.any([signal, limit]) : limit;
  try {
    return await firstOf(run(docker, plainSignal(abortSignal)), abortSignal);
  } catch (error) {
    signal?.throwIfAborted();
    if (limit.aborted) throw tooSlow(address, what, timeoutMs);
    throw translate(error, what, address);
  }
}

/** A signal of this call alone: docker-modem's listeners go with it, and not into the activity's own. */
function plainSignal(signal: AbortSignal): AbortSignal {
  const plain = new AbortController();
  const pass = (): void => plain.abort(signal.reason);
  if (signal.aborted) pass();
  else signal.addEventListener('abort', pass, { once: true });
  return closed(plain.signal);
}

/**
 * Makes inspecting the thing stop at it. docker-modem inspects the options of every call to any depth, even where
 * its debug log is off; through sockets and signals that reaches the activity's context, and so all of the
 * worker: seconds a call.
 */
function closed<T extends object>(thing: T): T {
  return Object.defineProperty(thing, inspect.custom, { value: () => thing.constructor.name });
}

/** dockerode never settles when a connection breaks in the middle of an answer: the signal settles it here. */
function firstOf<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = (): void => reject(signal.reason);
    signal.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted));
  });
}

function tooSlow(address: EngineAddress, what: string, timeoutMs: number) {
  const where = `engine ${address.name} (${address.url})`;
  return failure(
    'Unreachable',
    `Could not ${what} on ${where} within ${timeoutMs / 1000} s: it does not answer.`,
  );
}
