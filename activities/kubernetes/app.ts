import type { PodReading } from '../../model/kubernetes/details.js';
import type { PodEndpoint } from '../../model/kubernetes/settings.js';
import { redact } from '../../model/redact.js';
import { failure } from '../failure.js';
import { callEndpoint } from '../service/call.js';
import type { Answer, Cluster } from './client.js';
import { paths } from './paths.js';

export interface PodCaller {
  readonly cluster: Cluster;
  readonly namespace: string;
  readonly signal: AbortSignal;
  secret(name: string): string;
}

/**
 * Calls one pod: by the API server's proxy, or by its address. The answer is what the pod said, whatever its status.
 * Throws `Unreachable`, `PermissionDenied` (the right `get pods/proxy`), `Misconfigured`.
 */
export async function callPod(
  caller: PodCaller,
  pod: Pick<PodReading, 'name' | 'ip'>,
  endpoint: PodEndpoint,
  idempotencyKey?: string,
): Promise<Answer> {
  const { cluster, namespace, signal } = caller;
  const { port, path, method, body, timeoutSeconds, bearerSecret } = endpoint;
  if (endpoint.via === 'address') return byAddress(caller, pod, endpoint, idempotencyKey);
  if (bearerSecret !== undefined)
    throw failure(
      'Misconfigured',
      `${method} ${path}: the API server's proxy passes no bearer token on. Use via: address from inside the cluster.`,
    );
  const answer = await cluster.call(
    method,
    `${paths.pod(namespace, `${pod.name}:${port}`)}/proxy${path}`.replace('%3A', ':'),
    {
      signal,
      timeoutMs: timeoutSeconds * 1000,
      ...(body !== undefined && { body, contentType: 'application/json' }),
      ...(idempotencyKey !== undefined && { headers: { 'idempotency-key': idempotencyKey } }),
    },
  );
  const refusal = refusalOf(answer);
  if (refusal !== undefined)
    throw failure(refusal.type, `${method} ${path} of pod ${pod.name}: ${refusal.why}`);
  return answer;
}

/** What the API server itself refuses, with a Status; the app's own 401, 403 or 429 is the app's answer. */
function refusalOf({
  status,
  text,
}: Answer): { readonly type: 'PermissionDenied' | 'Unreachable'; readonly why: string } | undefined {
  if (!/"kind":\s*"Status"/.test(text)) return undefined;
  switch (status) {
    case 401:
      return {
        type: 'PermissionDenied',
        why: 'the API server answered 401: its credentials are not accepted. Renew the token or certificate.',
      };
    case 403:
      return {
        type: 'PermissionDenied',
        why: 'this service account may not use pods/proxy. nightshift doctor shows the role that may.',
      };
    case 429:
      return { type: 'Unreachable', why: 'the API server answered 429: it is too busy.' };
    default:
      return undefined;
  }
}

async function byAddress(
  { signal, secret }: PodCaller,
  { ip, name }: Pick<PodReading, 'name' | 'ip'>,
  endpoint: PodEndpoint,
  idempotencyKey: string | undefined,
): Promise<Answer> {
  if (ip === undefined) throw failure('Unreachable', `pod ${name} has no address yet.`);
  const { port, path, via: _, ...rest } = endpoint;
  const host = ip.includes(':') ? `[${ip}]` : ip;
  const answer = await callEndpoint(
    { ...rest, url: `http://${host}:${port}${path}` },
    { signal, secret, ...(idempotencyKey !== undefined && { idempotencyKey }) },
  );
  return { status: answer.status, text: answer.text };
}

/** Whether the answer is what the endpoint is expected to say; default any 2xx. */
export function asExpected({ expect }: PodEndpoint, { status, text }: Answer): boolean {
  const right = expect?.status === undefined ? status >= 200 && status <= 299 : status === expect.status;
  return right && (expect?.bodyContains === undefined || text.includes(expect.bodyContains));
}

/** The beginning of what it said, on one line. */
export function briefly({ status, text }: Answer): string {
  const line = redact(text.replace(/\s+/g, ' ').trim()).slice(0, 120);
  return line === '' ? String(status) : `${status}: ${line}`;
}
