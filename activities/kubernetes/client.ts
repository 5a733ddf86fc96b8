import { existsSync } from 'node:fs';
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest, type RequestOptions } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
import { failure, messageOf } from '../failure.js';
import { translate, translateAnswer } from './errors.js';

/** How a cluster is reached. */
export interface ClusterAddress {
  /** As targets' keys name it: `prod` in `kubernetes/prod/bruno/deployment/agent-bruno`. */
  readonly name: string;
  /** Absolute path; absent: the service account of the pod that this runs in. */
  readonly kubeconfig?: string;
  /** Absent: the kubeconfig's current one. */
  readonly context?: string;
}

export type PatchType =
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/json-patch+json';

export interface CallOptions {
  readonly signal: AbortSignal;
  /** Milliseconds; default 10,000. */
  readonly timeoutMs?: number;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** One Kubernetes API server. Every failure is typed, and says which call it was and where. */
export interface Cluster {
  readonly name: string;
  readonly server: string;
  /** For what speaks more than plain HTTP: exec. */
  readonly config: KubeConfig;
  /** Reads JSON. Throws `TargetGone` for 404, `PermissionDenied` for 401 and 403, `Unreachable` for passing faults. */
  get<T>(path: string, options: CallOptions): Promise<T>;
  /** The same, where there may be none: undefined for 404. */
  find<T>(path: string, options: CallOptions): Promise<T | undefined>;
  /** Text, such as a log. */
  text(path: string, options: CallOptions): Promise<string>;
  /** Mutates. Never repeated by itself; a 409 is `PreconditionChanged`. */
  patch<T>(path: string, body: unknown, type: PatchType, options: CallOptions): Promise<T>;
  post<T>(path: string, body: unknown, options: CallOptions): Promise<T>;
  put<T>(path: string, body: unknown, options: CallOptions): Promise<T>;
  /** Any call, its answer whatever the status; only what is no answer at all is thrown. */
  call(method: string, path: string, options: CallOptions & CallBody): Promise<Answer>;
  close(): void;
}

export interface CallBody {
  readonly body?: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const usualTimeoutMs = 10_000;
/** An answer larger than this is cut off: a log, or a list that nobody should read at once. */
const longestAnswer = 32 * 1024 * 1024;

/**
 * Connects when first used. Throws `Misconfigured` for a kubeconfig or context that can't be used. `root`: where a
 * pod's file system begins, in which its service account is.
 */
export function connectCluster(address: ClusterAddress, root = ''): Cluster {
  const config = kubeConfig(address, root);
  const server = config.getCurrentCluster()?.server ?? '';
  const where = `cluster ${address.name} (${server})`;
  const secure = server.startsWith('https:');
  const agent = secure ? new HttpsAgent({ keepAlive: true }) : new HttpAgent({ keepAlive: true });
  const call: Cluster['call'] = async (method, path, options) => {
    const { signal, timeoutMs = usualTimeoutMs, body, contentType, headers } = options;
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      const wanted: RequestOptions = {
        method,
        // Certificates and tokens are read anew by the configuration: a service account's token changes hourly.
        headers: {
          accept: 'application/json, */*',
          ...(body !== undefined && { 'content-type': contentType ?? 'application/json' }),
          ...headers,
        },
        signal: AbortSignal.any([signal, limit]),
      };
      await config.applyToHTTPSOptions(wanted);
      // Its agent is a new one each time, so no connection would be used twice; behind a proxy it is the way there.
      if (config.getCurrentCluster()?.proxyUrl === undefined) wanted.agent = agent;
      const url = new URL(server.replace(/\/$/, '') + path);
      try {
        return await send(url, wanted, body);
      } catch (error) {
        // A kept connection that the server had given up meanwhile: what only reads is asked again on a new one.
        if (method === 'GET' && wasGivenUp(error)) return await send(url, wanted, body);
        throw error;
      }
    } catch (error) {
      signal.throwIfAborted();
      if (limit.aborted)
        throw failure(
          'Unreachable',
          `${method} ${path} on ${where} gave no answer within ${timeoutMs / 1000} s.`,
        );
      throw translate(error instanceof GivenUp ? error.cause : error, `${method} ${path}`, where);
    }
  };
  const json = async <T>(method: string, path: string, options: CallOptions & CallBody): Promise<T> => {
    const answer = await call(method, path, options);
    if (answer.status < 200 || answer.status > 299) throw translateAnswer(answer, method, path, where);
    return parsed<T>(answer, method, path, where);
  };
  return {
    name: address.name,
    server,
    config,
    call,
    get: (path, options) => json('GET', path, options),
    async find<T>(path: string, options: CallOptions) {
      const answer = await call('GET', path, options);
      if (answer.status === 404) return undefined;
      if (answer.status < 200 || answer.status > 299) throw translateAnswer(answer, 'GET', path, where);
      return parsed<T>(answer, 'GET', path, where);
    },
    async text(path, options) {
      const answer = await call('GET', path, options);
      if (answer.status < 200 || answer.status > 299) throw translateAnswer(answer, 'GET', path, where);
      return answer.text;
    },
    patch: (path, body, contentType, options) =>
      json('PATCH', path, { ...options, body: JSON.stringify(body), contentType }),
    post: (path, body, options) => json('POST', path, { ...options, body: JSON.stringify(body) }),
    put: (path, body, options) => json('PUT', path, { ...options, body: JSON.stringify(body) }),
    close: () => agent.destroy(),
  };
}

function kubeConfig({ name, kubeconfig, context }: ClusterAddress, root: string): KubeConfig {
  const config = new KubeConfig();
  try {
    if (kubeconfig === undefined) {
      if (!existsSync(`${root}/var/run/secrets/kubernetes.io/serviceaccount/token`))
        throw new Error('this process runs in no pod, so it has no service account');
      config.loadFromCluster(root);
    } else config.loadFromFile(kubeconfig);
  } catch (error) {
    const mend = 'Correct clusters in nightshift.yaml: kubeconfig names a file, inCluster: true needs a pod.';
    throw failure('Misconfigured', `Cluster ${name} can't be used: ${messageOf(error)}. ${mend}`);
  }
  if (context !== undefined && config.getContextObject(context) === null) {
    const known = config.getContexts().map((one) => one.name);
    throw failure(
      'Misconfigured',
      `The kubeconfig of cluster ${name} has no context ${context}; it has ${known.join(', ') || 'none'}.`,
    );
  }
  if (context !== undefined) config.setCurrentContext(context);
  if (!config.getCurrentCluster())
    throw failure(
      'Misconfigured',
      `The kubeconfig of cluster ${name} has no current cluster: name a context.`,
    );
  return config;
}

function send(url: URL, options: RequestOptions, body: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sent = request(url, options, (response: IncomingMessage) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > longestAnswer) response.destroy(new Error('its answer is larger than 32 MiB'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', reject);
    });
    sent.on('error', (error) => reject(sent.reusedSocket ? new GivenUp(error) : error));
    sent.end(body);
  });
}

/** A connection that had been used before broke off. */
class GivenUp extends Error {
  constructor(override readonly cause: Error & { readonly code?: string }) {
    super(cause.message);
  }
}

function wasGivenUp(error: unknown): boolean {
  return error instanceof GivenUp && (error.cause.code === 'ECONNRESET' || error.cause.code === 'EPIPE');
}

function parsed<T>(answer: Answer, method: string, path: string, where: string): T {
  try {
    return JSON.parse(answer.text) as T;
  } catch {
    throw failure(
      'Unreachable',
      `${method} ${path} on ${where} answered ${answer.status} with something that is no JSON.`,
    );
  }
}
