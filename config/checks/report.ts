import type { Finding } from '../issues.js';
import type { Document } from '../schema/index.js';
import type { KnownRunbook } from '../types.js';
import type { Path } from '../yaml.js';

/** Takes findings in. Errors stop the reading, warnings don't. */
export class Report {
  readonly errors: Finding[] = [];
  readonly warnings: Finding[] = [];

  error(path: Path, message: string, mend: string, at: Finding['at'] = 'value'): void {
    this.errors.push({ path, at, message, mend });
  }

  warn(path: Path, message: string, mend: string, at: Finding['at'] = 'value'): void {
    this.warnings.push({ path, at, message, mend });
  }
}

/** What every check gets: the document, in the right form but with nothing resolved. */
export interface Checked {
  readonly said: Document;
  readonly runbooks: readonly KnownRunbook[];
  readonly report: Report;
}
