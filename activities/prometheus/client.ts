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

interface RangeAnswer {
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
 * Readings of an expression between two moments. Times in milliseconds since 1970, the step in seconds. Throws
 * `Unreachable` where Prometheus can't be asked or answers nonsense, `Misconfigured` where it refuses the token.
 */
export async function queryRange(
  { url, token }: PrometheusOptions,
  expression: string,
  range: { readonly from: number; readonly to: number; readonly stepSeconds: number },
  signal: AbortSignal,
): Promise<readonly Series[]> {
  const query = new URLSearchParams({
    query: expression,
    start: String(range.from / 1000),
    end: String(range.to / 1000),
    step: String(range.stepSeconds),
  });
  const answer = await ask(url, query, token, signal);
  return (answer.data?.result ?? []).map(({ metric = {}, values = [] }) => ({
    labels: metric,
    points: values.flatMap(([seconds, text]) => {
      const value = Number(text);
      return Number.isFinite(value) && Number.isFinite(seconds)
        ? [{ at: new Date(seconds * 1000).toISOString(), value }]
        : [];
    }),
  }));
}

async function ask(
  url: string,
  query: URLSearchParams,
  token: string | undefined,
  signal: AbortSignal,
): Promise<RangeAnswer> {
  const where = `Prometheus at ${url}`;
  let response: Response;
  try {
    response = await fetch(`${url.replace(/\/$/, '')}/api/v1/query_range?${query}`, {
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
  const answer = (await response.json().catch(() => undefined)) as RangeAnswer | undefined;
  if (answer?.status !== 'success' || answer.data?.resultType !== 'matrix')
    throw failure(
      'Unreachable',
      `${where} answered ${response.status}: ${answer?.error ?? 'nothing that it should'}.`,
    );
  return answer;
}
