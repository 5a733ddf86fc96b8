import type { Context } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Logger } from 'pino';
import { BadPayload } from '../alerts/index.js';
import { Ambiguous, NoAnswer, NotFound, Refused } from '../incidents/index.js';
import { TemporalUnreachable } from '../temporal.js';

/** An answer that is no success: what is wrong, and what to do about it. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  constructor(
    readonly status: ContentfulStatusCode,
    message: string,
    readonly mend: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
  }
}

/** Seconds after which a sender should try again. */
export const retryAfter = '10';

/** Any error as a JSON answer `{ error, mend }`. What is not known is logged, and told to nobody outside. */
export function answerError(c: Context, error: unknown, logger: Pick<Logger, 'error'>): Response {
  const known = knownError(error);
  if (!known) logger.error({ err: error, path: c.req.path }, 'a request failed');
  const { status, message, mend, headers } =
    known ?? new ApiError(500, 'Nightshift failed on this request', "Look into the API's log.");
  return c.json({ error: message, mend }, status, headers);
}

function knownError(error: unknown): ApiError | undefined {
  if (error instanceof ApiError) return error;
  if (error instanceof BadPayload) return new ApiError(400, error.message, error.mend);
  if (error instanceof NotFound) return notFound();
  if (error instanceof Ambiguous || error instanceof Refused)
    return new ApiError(409, error.message, error.mend);
  if (error instanceof NoAnswer || error instanceof TemporalUnreachable)
    return new ApiError(503, error.message, error.mend, { 'Retry-After': retryAfter });
  return undefined;
}

/** One answer for what is not there and for what the asker may not know of. */
export function notFound(): ApiError {
  return new ApiError(
    404,
    'there is no such incident',
    'GET /incidents lists those that this token may see.',
  );
}
