import { createToken, FileTokens, type Role, TokenRefused } from '../tokens/index.js';
import { readIfThere, writePrivate } from './files.js';

const quiet = { info: () => undefined, warn: () => undefined };

/**
 * A token of that name and role, kept in a file of its own beside the hashes: the one that is there if it still
 * works, else a new one. Returns the token.
 */
export async function ensureToken(options: {
  readonly hashes: string;
  readonly file: string;
  readonly name: string;
  readonly role: Role;
}): Promise<string> {
  const { hashes, file, name, role } = options;
  const kept = (await readIfThere(file))?.trim();
  if (kept) {
    const who = await new FileTokens(hashes, quiet).identify({ token: kept });
    if (who?.role === role) return kept;
  }
  const token = await createUnder(hashes, name, role);
  await writePrivate(file, `${token}\n`);
  return token;
}

/** A token file that was deleted leaves its name taken: the next free one is as good. */
async function createUnder(hashes: string, name: string, role: Role): Promise<string> {
  for (let number = 1; ; number += 1) {
    try {
      return await createToken({ file: hashes, name: number === 1 ? name : `${name}-${number}`, role });
    } catch (error) {
      if (!(error instanceof TokenRefused) || number >= 50 || !error.message.includes('already')) throw error;
    }
  }
}
