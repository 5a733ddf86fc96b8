import type { ApplicationFailure } from '@temporalio/common';
import type { FailureType } from '../../model/errors.js';
import { failure, messageOf } from '../failure.js';

/** Where a call went, for messages: `engine local (unix:///var/run/docker.sock)`. */
export interface Place {
  readonly name: string;
  readonly url: string;
}

/** What dockerode throws: an HTTP status with the engine's own words, or a system error. */
interface EngineError {
  readonly statusCode?: number;
  readonly code?: string;
  readonly message: string;
  readonly json?: unknown;
}

/** Translates whatever a Docker call threw. `what` is the call in words: `inspect container agent`. */
export function translate(error: unknown, what: string, place: Place): ApplicationFailure {
  const engineError = asEngineError(error);
  const { type, mend } = classify(engineError);
  const where = `engine ${place.name} (${place.url})`;
  return failure(type, `Could not ${what} on ${where}: ${wordsOf(engineError)}. ${mend}`.trim(), error);
}

function asEngineError(error: unknown): EngineError {
  return error instanceof Error ? error : { message: messageOf(error) };
}

function classify(error: EngineError): { type: FailureType; mend: string } {
  if (error.statusCode !== undefined) return byStatus(error.statusCode);
  switch (error.code) {
    case 'EACCES':
    case 'EPERM':
      return { type: 'PermissionDenied', mend: 'Let the worker’s user open the socket (group docker).' };
    case 'ENOENT':
      return { type: 'Unreachable', mend: 'Start the engine, or correct its address in nightshift.yaml.' };
    case 'ECONNREFUSED':
      return { type: 'Unreachable', mend: 'Start the engine there, or correct its address.' };
    default:
      return { type: 'Unreachable', mend: tlsMend(error) };
  }
}

/** TLS faults are passing ones for the engine of incidents (a certificate can be renewed), but say what to mend. */
function tlsMend(error: EngineError): string {
  const isTls = /certificate|CERT_|SSL|TLS|self.signed/i.test(`${error.code ?? ''} ${error.message}`);
  return isTls ? 'Check ca, cert and key of this engine in nightshift.yaml.' : '';
}

function byStatus(status: number): { type: FailureType; mend: string } {
  if (status === 401 || status === 403) {
    return { type: 'PermissionDenied', mend: 'The engine’s authorisation must allow this call.' };
  }
  if (status === 404) return { type: 'TargetGone', mend: '' };
  if (status === 409) return { type: 'PreconditionChanged', mend: '' };
  if (status === 400 || status === 501) return { type: 'Unsupported', mend: '' };
  return { type: 'Unreachable', mend: '' };
}

/** The engine's own words, without the HTTP wrapping that dockerode puts around them. */
function wordsOf(error: EngineError): string {
  const json = error.json;
  if (typeof json === 'object' && json !== null && 'message' in json && typeof json.message === 'string') {
    return json.message.trim().replace(/\.$/, '');
  }
  return error.message.trim().replace(/\.$/, '');
}
