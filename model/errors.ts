/**
 * Types of the failures that activities throw (`ApplicationFailure.type`). The engine decides by them; a type that
 * is `final` is never retried.
 */
export const failures = {
  /** The thing is gone. */
  TargetGone: { final: true },
  /** It is not as it was when the change was planned (another container id, another owner). */
  PreconditionChanged: { final: true },
  /** The change came too late, or its activity was cancelled before it was sent. */
  NotSent: { final: true },
  PermissionDenied: { final: true },
  /** It can't be done on this target: the message says why. */
  Unsupported: { final: true },
  /** The configuration lacks or contradicts something. */
  Misconfigured: { final: true },
  /** The app's endpoint answered something that can't be taken for success. */
  EndpointRefused: { final: true },
  /** The engine, endpoint or API could not be reached or answered with a passing fault. */
  Unreachable: { final: false },
} as const;

export type FailureType = keyof typeof failures;

export function isFinal(type: string | null | undefined): boolean {
  return type != null && type in failures && failures[type as FailureType].final;
}

/** A failure as a runbook's author throws it: its name is its type, which is how Temporal carries it on. */
export class TypedFailure extends Error {
  constructor(
    readonly type: FailureType,
    message: string,
  ) {
    super(message);
    this.name = type;
  }
}

/** Makes a typed failure. `message` is for people: it names the place and the mend. */
export function failure(type: FailureType, message: string): TypedFailure {
  return new TypedFailure(type, message);
}
