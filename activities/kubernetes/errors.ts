import type { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../model/errors.js';
import { redact } from '../../model/redact.js';
import { failure, messageOf } from '../failure.js';

/** What the API server says of a failed call, as far as it says it: bodies of errors are text, mostly a Status. */
interface Status {
  readonly message?: string;
  readonly reason?: string;
}

/** A call that got no answer. `what` is the call: `GET /api/v1/nodes`. */
export function translate(error: unknown, what: string, where: string): ApplicationFailure {
  if (error instanceof Error && error.name === 'ApplicationFailure') return error as ApplicationFailure;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const mend = mends[code] ?? (/CERT|SIGNATURE|SELF_SIGNED/.test(code) ? mends.CERT : undefined) ?? '';
  return failure('Unreachable', `${what} on ${where}: ${messageOf(error)}. ${mend}`.trim(), error);
}

const mends: Readonly<Record<string, string | undefined>> = {
  ECONNREFUSED: 'Nothing listens there: correct the server in the kubeconfig, or start it.',
  ENOTFOUND: 'Its name can’t be resolved: correct the server in the kubeconfig.',
  CERT: 'Its certificate is not one that the kubeconfig trusts.',
};

/** A call that was answered with a status other than 2xx. */
export function translateAnswer(
  { status, text }: { readonly status: number; readonly text: string },
  method: string,
  path: string,
  where: string,
): ApplicationFailure {
  const said = statusOf(text);
  const { type, mend } = classify(status, method, said);
  const words = said.message ?? (text.trim() || 'no reason given');
  return failure(
    type,
    `${method} ${path} on ${where} answered ${status}: ${redact(words).slice(0, 300)}. ${mend}`.trim(),
  );
}

function classify(status: number, method: string, said: Status): { type: FailureType; mend: string } {
  switch (status) {
    case 401:
      return {
        type: 'PermissionDenied',
        mend: 'Its credentials are not accepted: renew the token or certificate.',
      };
    case 403:
      return {
        type: 'PermissionDenied',
        mend: 'nightshift doctor shows which rights are missing, and the role that has them.',
      };
    case 404:
      return { type: 'TargetGone', mend: '' };
    case 409:
      return { type: 'PreconditionChanged', mend: 'Somebody else has changed it meanwhile.' };
    case 422:
      return { type: 'Unsupported', mend: 'The API server refuses it as it is.' };
    case 400:
    case 405:
    case 415:
      return { type: 'Unsupported', mend: '' };
    default:
      // 429 and 5xx pass; what is asked again is safe to ask again, or is looked after by its applier.
      return {
        type: method === 'GET' || status === 429 || status >= 500 ? 'Unreachable' : 'Unsupported',
        mend: said.reason ?? '',
      };
  }
}

function statusOf(text: string): Status {
  try {
    const value = JSON.parse(text) as Status | null;
    if (value === null || typeof value !== 'object') return {};
    return {
      ...(typeof value.message === 'string' && { message: value.message }),
      ...(typeof value.reason === 'string' && { reason: value.reason }),
    };
  } catch {
    return {};
  }
}
