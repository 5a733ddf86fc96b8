import type { Endpoint } from '../../model/container.js';
import type { Json } from '../../model/json.js';
import { redact } from '../../model/redact.js';
import { failure, messageOf } from '../failure.js';
import { type Body, readBody } from './body.js';
import { requestUrl, shownUrl } from './url.js';

/** What a call needs besides the endpoint itself. */
export interface CallContext {
  /** Sent as `Idempotency-Key`, so that the same call twice is one. */
  readonly idempotencyKey?: string;
  /** Of the activity; when it aborts, its reason is thrown as it is. */
  readonly signal?: AbortSignal;
  /** Value of a secret that the configuration names. Throws `Misconfigured`. */
  secret(name: string): string;
  /** Default: Node's own. */
  readonly fetch?: typeof fetch;
}

/** An answer that can be taken for success. */
export interface Answer extends Body {
  readonly status: number;
  /** The app said that it gave an answer which it had given before: nothing was done this time. */
  readonly replayed: boolean;
  readonly tookMs: number;
}

/**
 * Calls an endpoint of the app. Redirects are never followed: what answers there isn't what was configured, and it
 * would be handed the credentials. Throws `EndpointRefused` for an answer that can't be taken for success,
 * `Unreachable` for a passing fault (no connection, no answer in time, 5xx, 408, 425, 429), `Misconfigured` for an
 * address or secret that can't be used.
 */
export async function callEndpoint(endpoint: Endpoint, context: CallContext): Promise<Answer> {
  const url = requestUrl(endpoint);
  const headers = headersOf(endpoint, context);
  context.signal?.throwIfAborted();
  const limit = AbortSignal.timeout(endpoint.timeoutSeconds * 1000);
  const signal = context.signal ? AbortSignal.any([context.signal, limit]) : limit;
  const from = performance.now();
  try {
    const response = await (context.fetch ?? fetch)(url, {
      method: endpoint.method,
      headers,
      redirect: 'manual',
      signal,
      ...(endpoint.body === undefined ? {} : { body: endpoint.body }),
    });
    const { status } = response;
    const replayed = response.headers.get('idempotency-replayed') === 'true';
    refuseRedirect(endpoint, response);
    const body = await readBody(response, (text) => withoutSecret(text, headers));
    judge(endpoint, status, body);
    return { ...body, status, replayed, tookMs: Math.round(performance.now() - from) };
  } catch (error) {
    context.signal?.throwIfAborted();
    if (limit.aborted) throw hung(endpoint);
    throw isOurs(error) ? error : unreachable(endpoint, error);
  }
}

function headersOf(endpoint: Endpoint, context: CallContext): Headers {
  const headers = new Headers({ accept: 'application/json, text/plain;q=0.5', 'user-agent': 'nightshift' });
  if (endpoint.body !== undefined) headers.set('content-type', contentTypeOf(endpoint.body));
  if (context.idempotencyKey !== undefined) headers.set('idempotency-key', context.idempotencyKey);
  if (endpoint.bearerSecret !== undefined) {
    headers.set('authorization', `Bearer ${bearer(endpoint, context)}`);
  }
  return headers;
}

/** A value that no header can hold would be quoted in the error of `Headers`: it is refused here, unquoted. */
function bearer(endpoint: Endpoint, context: CallContext): string {
  const name = endpoint.bearerSecret ?? '';
  const value = context.secret(name).trim();
  if (/^[\x21-\x7e]+$/.test(value)) return value;
  throw failure(
    'Misconfigured',
    `The secret ${name}, for ${shownUrl(endpoint.url)}, is empty or holds characters that no header can carry: correct its file or variable.`,
  );
}

/** An app may answer with what it was sent. */
function withoutSecret(text: string, headers: Headers): string {
  const token = headers.get('authorization')?.slice('Bearer '.length);
  return token === undefined ? text : text.replaceAll(token, '[redacted]');
}

const contentTypeOf = (body: string): string =>
  /^\s*[[{]/.test(body) ? 'application/json' : 'text/plain; charset=utf-8';

function refuseRedirect(endpoint: Endpoint, response: Response): void {
  const { status } = response;
  if (status < 300 || status > 399 || status === endpoint.expect?.status) return;
  void response.body?.cancel().catch(() => undefined);
  const to = response.headers.get('location');
  const where = to === null ? '' : ` to ${shownUrl(to, endpoint.url)}`;
  throw refused(
    endpoint,
    `${status}, a redirect${where}, which is never followed. Configure the address that does the work`,
  );
}

function judge(endpoint: Endpoint, status: number, body: Body): void {
  const { expect } = endpoint;
  const expected = expect?.status === undefined ? status >= 200 && status <= 299 : status === expect.status;
  if (!expected) throw wrongStatus(endpoint, status, body);
  if (expect?.bodyContains !== undefined && !body.text.includes(expect.bodyContains)) {
    throw refused(endpoint, `${status} without the expected text "${expect.bodyContains}"${saying(body)}`);
  }
}

function wrongStatus(endpoint: Endpoint, status: number, body: Body) {
  // The app may be better in a moment, and the idempotency key makes asking again safe.
  if (status >= 500 || [408, 425, 429].includes(status)) {
    return failure('Unreachable', `${named(endpoint)} answered ${status}${saying(body)}.`);
  }
  if (status === 401 || status === 403) {
    const mend =
      endpoint.bearerSecret === undefined
        ? 'Name its token with bearerSecret'
        : `Check the secret ${endpoint.bearerSecret}`;
    return refused(endpoint, `${status}${saying(body)}. ${mend}`);
  }
  const wanted = endpoint.expect?.status === undefined ? '' : `, not ${endpoint.expect.status}`;
  return refused(endpoint, `${status}${wanted}${saying(body)}`);
}

const refused = (endpoint: Endpoint, what: string) =>
  failure('EndpointRefused', `${named(endpoint)} answered ${what}.`);

function hung(endpoint: Endpoint) {
  return failure('Unreachable', `${named(endpoint)} gave no answer within ${endpoint.timeoutSeconds} s.`);
}

function unreachable(endpoint: Endpoint, error: unknown) {
  // Ports of other protocols, which fetch never calls: https://fetch.spec.whatwg.org/#port-blocking
  if (reasonOf(error) === 'bad port') {
    return failure(
      'Misconfigured',
      `${named(endpoint)} can’t be called: HTTP clients refuse this port, so let the app listen on another.`,
    );
  }
  return failure('Unreachable', `${named(endpoint)} could not be reached: ${reasonOf(error)}.`, error);
}

const isOurs = (error: unknown): boolean => error instanceof Error && error.name === 'ApplicationFailure';

/** `fetch failed` says nothing: its cause does. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof AggregateError) return cause.errors.map(messageOf).join('; ');
  return messageOf(cause);
}

const named = (endpoint: Endpoint): string => `${endpoint.method} ${shownUrl(endpoint.url)}`;

/** The beginning of what it said, on one line. */
function saying({ text }: Body): string {
  const line = redact(text.replace(/\s+/g, ' ').trim());
  if (line === '') return '';
  return `: "${line.length > 120 ? `${line.slice(0, 120)}…` : line}"`;
}

/** The answer as an object, or undefined where it is none. */
export function answerObject(answer: Answer): { readonly [key: string]: Json } | undefined {
  const { json } = answer;
  if (json === null || typeof json !== 'object' || Array.isArray(json)) return undefined;
  return json as { readonly [key: string]: Json };
}
