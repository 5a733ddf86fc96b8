/** What each exit code means. Scripts rely on them. */
export const exitCodes = {
  done: 0,
  failed: 1,
  /** Wrong use, a configuration that can't be used, or something that must be set up first. */
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 5,
  notRecovered: 6,
  /** A replay that went another way than the recording. */
  diverged: 8,
  /** A backtest found what `--fail-on` names. */
  failOn: 9,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** An end of a command that is not the good one: with its exit code, what is wrong, and what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  constructor(
    readonly code: ExitCode,
    message: string,
    readonly mend?: string,
  ) {
    super(message);
  }
}

/** What is to be said of an error, and the exit code that it comes to. */
export interface Ending {
  readonly code: number;
  /** Empty: it has been said already. */
  readonly message: string;
  readonly mend?: string;
}

/** Errors of the library, the configuration and the set-up, by name: the one place that knows their exit codes. */
const codesByName: Readonly<Record<string, ExitCode>> = {
  TemporalUnreachable: exitCodes.unreachable,
  NotFound: exitCodes.notFound,
  TargetGone: exitCodes.notFound,
  Misconfigured: exitCodes.usage,
  Unsupported: exitCodes.usage,
  Unreachable: exitCodes.failed,
  PermissionDenied: exitCodes.failed,
  Refused: exitCodes.refused,
  TokenRefused: exitCodes.refused,
  Ambiguous: exitCodes.usage,
  ConfigError: exitCodes.usage,
  SecretError: exitCodes.usage,
  CannotListen: exitCodes.usage,
  PartError: exitCodes.usage,
  RangeError: exitCodes.usage,
  NoAnswer: exitCodes.failed,
  BundleError: exitCodes.failed,
  ArchiveError: exitCodes.failed,
  RunGone: exitCodes.notFound,
  NotAnIncident: exitCodes.refused,
  Interrupted: exitCodes.interrupted,
  AbortError: exitCodes.interrupted,
};

/** Every error that can end a command, made into an exit code and words. */
export function endingOf(error: unknown): Ending {
  if (error instanceof CliError) return ending(error.code, error.message, error.mend);
  if (!(error instanceof Error)) return ending(exitCodes.failed, String(error));
  if (error.name === 'CommanderError') return commanderEnding(error);
  const code = codesByName[typeOf(error)];
  if (code === undefined) return ending(exitCodes.failed, error.stack ?? error.message);
  const mend = 'mend' in error && typeof error.mend === 'string' ? error.mend : undefined;
  return ending(code, code === exitCodes.interrupted ? 'interrupted' : error.message, mend);
}

/** Failures that activities throw carry their kind as a type. */
function typeOf(error: Error): string {
  return error.name === 'ApplicationFailure' && 'type' in error ? String(error.type) : error.name;
}

/** Commander has said what is wrong by itself; help and version are no failure. */
function commanderEnding(error: Error): Ending {
  const good = 'exitCode' in error && error.exitCode === 0;
  return ending(good ? exitCodes.done : exitCodes.usage, '');
}

function ending(code: number, message: string, mend?: string): Ending {
  return mend === undefined ? { code, message } : { code, message, mend };
}
