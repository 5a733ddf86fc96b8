import { ApplicationFailure } from '@temporalio/common';
import { type FailureType, isFinal, TypedFailure } from '../model/errors.js';

/**
 * A failure of an activity, typed so that the engine can decide by it; retried or not as model/errors.ts says.
 * `message` is for people: it names the place and the mend.
 */
export function failure(type: FailureType, message: string, cause?: unknown): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: isFinal(type),
    ...(cause instanceof Error ? { cause } : {}),
  });
}

/** The type of a failure made by `failure`, here or by a runbook's author, else undefined. */
export function failureType(error: unknown): FailureType | undefined {
  if (error instanceof TypedFailure) return error.type;
  if (!(error instanceof ApplicationFailure)) return undefined;
  return error.type as FailureType | undefined;
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
