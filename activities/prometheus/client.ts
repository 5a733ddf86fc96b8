import { failure, messageOf } from '../failure.js';

export interface PrometheusOptions {
  readonly url: string;
  /** Sent as a bearer token. */
  readonly token?: string;
}

/** One series: its labels, and its readings, oldest first. Readings that are no number (NaN) are left out. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly { readonly at: string; readonly value: number }[];
}

interface MatrixAnswer {
  readonly status?: string;
  readonly error?: string;
  readonly data?: {
    readonly resultType?: string;
    readonly result?: readonly {
      readonly metric?: Record<string, string>;
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

/**
 * Values of an expression between two moments, one a step, each as of up to five minutes before it. Times in
 * milliseconds since 1970, the step in seconds. Throws `Unreachable` where Prometheus can't be asked or answers
 * nonsense, `Misconfigured` where it refuses the token.
 */
export function queryRange(
  options: PrometheusOptions,
  expression: string,
  range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const { from, to, stepSeconds } = range;
  return ask(
    options,
    'query_range',
    { query: expression, start: String(from / 1000), end: String(to / 1000), step: String(stepSeconds) },
    signal,
  );
}

/**
 * The readings of the last seconds themselves, each at the time at which it was taken: nothing is carried on, so a
 * series that ended is seen to have ended. `selector` is a metric with its labels. Throws as `queryRange`.
 */
export function queryReadings(
  options: PrometheusOptions,
  selector: string,
  { to, seconds }: { readonly to: number; readonly seconds: number },
  signal: AbortSignal,
): Promise<readonly Series[]> {
  return ask(options, 'query', { query: `${selector}[${seconds}s]`, time: String(to / 1000) }, signal);
}

/** Inside a PromQL string. */
export function inString(text: string): string {
  return text.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
}

/** One of these texts as they are, for `=~`. */
export function oneOf(texts: readonly string[]): string {
  return texts.map((text) => inString(text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))).join('|');
}

async function ask(
  { url, token }: PrometheusOptions,
  what: 'query' | 'query_range',
  query: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const where = `Prometheus at ${url}`;
  let response: Response;
  try {
    // A form, since the names of a hundred pods make a long address.
    response = await fetch(`${url.replace(/\/$/, '')}/api/v1/${what}`, {
      method: 'POST',
      body: new URLSearchParams(query),
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      redirect: 'manual',
      signal,
    });
  } catch (error) {
    signal.throwIfAborted();
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    throw failure('Unreachable', `${where} could not be reached: ${messageOf(cause)}.`, error);
  }
  if (response.status === 401 || response.status === 403)
    throw failure(
      'Misconfigured',
      `${where} refuses the token (${response.status}): check prometheus.bearer.`,
    );
  const answer = (await response.json().catch(() => undefined)) as MatrixAnswer | null | undefined;
  if (answer?.status !== 'success' || answer.data?.resultType !== 'matrix')
    throw failure(
      'Unreachable',
      `${where} answered ${response.status}: ${answer?.error ?? 'nothing that it should'}.`,
    );
  return (answer.data.result ?? []).map(({ metric = {}, values = [] }) => ({
    labels: metric,
    points: values.flatMap(([seconds, text]) => {
      const value = Number(text);
      return Number.isFinite(value) && Number.isFinite(seconds)
        ? [{ at: new Date(seconds * 1000).toISOString(), value }]
        : [];
    }),
  }));
}
