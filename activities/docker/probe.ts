import type { Endpoint } from '../../model/container.js';
import { redact } from '../../model/redact.js';
import { messageOf } from '../failure.js';

export interface ProbeResult {
  readonly ok: boolean;
  readonly status?: number;
  readonly latencyMs: number;
  readonly note: string;
  readonly body: string;
}

/** An answer is read up to this many bytes. */
const largest = 1024 * 1024;

/**
 * Calls an endpoint of the app once. Never throws for what the app does: a timeout, a refusal, a redirect (which is
 * not followed: it could lead anywhere) or an unexpected answer is `ok: false` with the reason.
 * `secret` gives the bearer token that the endpoint names, and throws where it is not configured.
 */
export async function probe(
  endpoint: Endpoint,
  signal: AbortSignal,
  secret: (name: string) => string,
): Promise<ProbeResult> {
  const limit = AbortSignal.timeout(endpoint.timeoutSeconds * 1000);
  const began = performance.now();
  const latency = (): number => Math.round(performance.now() - began);
  try {
    const response = await send(endpoint, AbortSignal.any([signal, limit]), secret);
    const body = await readBody(response);
    return judge(endpoint, response.status, body, latency());
  } catch (error) {
    signal.throwIfAborted();
    const note = limit.aborted ? `no answer within ${endpoint.timeoutSeconds} s` : reasonOf(error);
    return { ok: false, latencyMs: latency(), note, body: '' };
  }
}

function send(endpoint: Endpoint, signal: AbortSignal, secret: (name: string) => string): Promise<Response> {
  const headers: Record<string, string> = {};
  if (endpoint.bearerSecret) headers.authorization = `Bearer ${secret(endpoint.bearerSecret)}`;
  if (endpoint.body !== undefined) headers['content-type'] = 'application/json';
  const { method, url, body } = endpoint;
  return fetch(url, { method, headers, signal, redirect: 'manual', ...(body === undefined ? {} : { body }) });
}

function judge(endpoint: Endpoint, status: number, body: string, latencyMs: number): ProbeResult {
  const said = { status, latencyMs, body };
  const { expect } = endpoint;
  if (status >= 300 && status < 400 && expect?.status !== status) {
    return { ...said, ok: false, note: `${status}: a redirect, which is not followed` };
  }
  const statusOk = expect?.status === undefined ? status >= 200 && status < 300 : status === expect.status;
  if (!statusOk) return { ...said, ok: false, note: `${status}: ${excerpt(body)}` };
  if (expect?.bodyContains !== undefined && !body.includes(expect.bodyContains)) {
    return {
      ...said,
      ok: false,
      note: `${status}, but the answer lacks ${JSON.stringify(expect.bodyContains)}`,
    };
  }
  return { ...said, ok: true, note: `${status} in ${latencyMs} ms` };
}

async function readBody(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.byteLength;
    if (size > largest) throw new Error('the answer is larger than 1 MiB');
    text += decoder.decode(chunk, { stream: true });
  }
  return text;
}

const excerpt = (body: string): string => redact(body.trim()).slice(0, 120) || 'an empty answer';

/** fetch hides the reason in the cause of its `fetch failed`. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  return messageOf(cause) || code || 'it failed';
}
