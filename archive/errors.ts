export type ArchiveProblem = 'full' | 'readOnly' | 'gone' | 'denied' | 'broken';

/** By the code that the operating system gave. */
const problems: Readonly<Record<string, ArchiveProblem>> = {
  ENOSPC: 'full',
  EDQUOT: 'full',
  EFBIG: 'full',
  EROFS: 'readOnly',
  EACCES: 'denied',
  EPERM: 'denied',
  ENOENT: 'gone',
  ENOTDIR: 'gone',
  ENODEV: 'gone',
  ENXIO: 'gone',
  ENOTCONN: 'gone',
  ESTALE: 'gone',
};

const says: Readonly<Record<ArchiveProblem, string>> = {
  full: 'there is no room left',
  readOnly: 'it can only be read',
  gone: 'it is not there',
  denied: 'this user may not use it',
  broken: 'it can’t be used',
};

const mends: Readonly<Record<ArchiveProblem, string>> = {
  full: 'Make room, or keep less: archive.keep and archive.maxSize in the configuration.',
  readOnly: 'Mount it so that it can be written, or name another folder.',
  gone: 'Create the folder, or mount it again.',
  denied: 'Give this user the right to read and write there, or name another folder.',
  broken: 'Look at the disk or the mount: the system’s log says more.',
};

/** The archive's folder can't be written or read. `message` names the place; `mend` says what to do. */
export class ArchiveError extends Error {
  override readonly name = 'ArchiveError';
  constructor(
    readonly problem: ArchiveProblem,
    /** File or folder, absolute. */
    readonly place: string,
    what: string = says[problem],
    readonly mend: string = mends[problem],
    options?: { readonly cause?: unknown },
  ) {
    super(`archive ${place}: ${what}`, options);
  }
}

/** The code of an error of the operating system, such as `ENOENT`. */
export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Any error at that place, as an `ArchiveError`; one that is so already is passed on. */
export function archiveError(place: string, error: unknown): ArchiveError {
  if (error instanceof ArchiveError) return error;
  const code = codeOf(error);
  const problem = problems[code ?? ''] ?? 'broken';
  const detail = error instanceof Error ? error.message : String(error);
  const what = problem === 'broken' ? `${says.broken}: ${detail}` : `${says[problem]} (${code})`;
  return new ArchiveError(problem, place, what, mends[problem], { cause: error });
}
