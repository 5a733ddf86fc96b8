import { createHash, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Logger } from 'pino';
import type { Identity } from './access.js';
import { parseTokenFile, type TokenLine } from './file.js';

/** What a request brings: a bearer token, or a name and a token by basic auth. */
export interface Credentials {
  readonly token: string;
  readonly name?: string;
}

export interface Tokens {
  /** Who that is, or undefined. */
  identify(credentials: Credentials): Promise<Identity | undefined>;
}

/** How long a look at the file holds, milliseconds: a revoked token works at most so much longer. */
const lookEveryMs = 1_000;

/**
 * The tokens of a file, read again when it changes. A file that can't be read admits nobody: a token that was
 * revoked by deleting the file must not live on in memory.
 */
export class FileTokens implements Tokens {
  private tokens: readonly TokenLine[] = [];
  private stamp = '';
  private checkedAt = Number.NEGATIVE_INFINITY;
  private checking: Promise<void> | undefined;

  constructor(
    private readonly file: string,
    private readonly logger: Pick<Logger, 'warn' | 'info'>,
    private readonly clock: () => number = () => performance.now(),
  ) {}

  async identify({ token, name }: Credentials): Promise<Identity | undefined> {
    if (this.clock() - this.checkedAt >= lookEveryMs) {
      this.checking ??= this.check().finally(() => {
        this.checking = undefined;
      });
      await this.checking;
    }
    return find(this.tokens, token, name);
  }

  private async check(): Promise<void> {
    const checkedAt = this.clock();
    try {
      const { mtimeMs, size, ino } = await stat(this.file);
      const stamp = `${mtimeMs} ${size} ${ino}`;
      if (stamp !== this.stamp) this.take(await readFile(this.file, 'utf8'), stamp);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.stamp !== reason)
        this.logger.warn({ reason }, 'the token file can not be read: nobody is let in until it can');
      this.tokens = [];
      this.stamp = reason;
    }
    this.checkedAt = checkedAt;
  }

  private take(text: string, stamp: string): void {
    const { tokens, problems } = parseTokenFile(text);
    for (const problem of problems) this.logger.warn({ file: this.file, problem }, 'a token does not work');
    this.logger.info({ tokens: tokens.length }, 'tokens read');
    this.tokens = tokens;
    this.stamp = stamp;
  }
}

/** Compares with every line, each in constant time, so that the time taken tells nothing of the tokens. */
function find(tokens: readonly TokenLine[], token: string, name: string | undefined): Identity | undefined {
  const presented = createHash('sha256').update(token).digest();
  let found: TokenLine | undefined;
  for (const line of tokens) {
    if (timingSafeEqual(presented, Buffer.from(line.hash, 'hex'))) found = line;
  }
  if (!found || (name !== undefined && name !== found.name)) return undefined;
  return { name: found.name, role: found.role, targets: found.targets };
}
