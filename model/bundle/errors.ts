/**
 * What is wrong with a file that should be a bundle. `truncated`: its end is missing. `edited`: it is not what was
 * written, its digest or checksum does not fit. `newer`: of a version that this Nightshift can't read. `foreign`: it
 * never was a bundle. `unreadable`: the file can't be read, or holds what makes no sense in a bundle.
 */
export type BundleProblem = 'truncated' | 'edited' | 'newer' | 'foreign' | 'unreadable';

const mends: Readonly<Record<BundleProblem, string>> = {
  truncated:
    'Copy it again from where it came, or export it anew: nightshift incident export <incident> --to <file>.',
  edited:
    'Copy it again from where it came, or export it anew: nightshift incident export <incident> --to <file>.',
  newer: 'Update Nightshift to the version that wrote it, or a later one.',
  foreign: 'Name a bundle: a file that `nightshift incident export` or the archiver wrote.',
  unreadable: 'Check the file and the right to read it; if it is damaged, copy it again from where it came.',
};

/** A file is no bundle that can be used. `message` names the file; `mend` says what to do. */
export class BundleError extends Error {
  override readonly name = 'BundleError';
  constructor(
    readonly problem: BundleProblem,
    /** Path as it was given. */
    readonly file: string,
    what: string,
    readonly mend: string = mends[problem],
    options?: { readonly cause?: unknown },
  ) {
    super(`${file}: ${what}`, options);
  }
}
