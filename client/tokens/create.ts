import { randomBytes } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Role, roles } from './access.js';
import { formatLine, hashToken, nameRule, parseTokenFile } from './file.js';

export interface CreateToken {
  /** The token file that the configuration names. Made, readable by its owner only, where it is missing. */
  readonly file: string;
  readonly name: string;
  readonly role: Role;
  /** Target patterns; all targets where absent. */
  readonly targets?: readonly string[];
  readonly now?: () => Date;
}

/** The token can't be made as asked. */
export class TokenRefused extends Error {
  override readonly name = 'TokenRefused';
  constructor(
    message: string,
    readonly mend: string,
  ) {
    super(message);
  }
}

/** Makes a token, keeps its hash in the file, and returns it: it is shown this once and can't be had again. */
export async function createToken(request: CreateToken): Promise<string> {
  const { file, name, role, targets = ['*'], now = () => new Date() } = request;
  check(request, targets);
  await mkdir(dirname(file), { recursive: true });
  const before = await readOrEmpty(file);
  if (parseTokenFile(before).tokens.some((token) => token.name === name))
    throw new TokenRefused(
      `${file} has a token named ${name} already`,
      'Choose another name, or delete its line first: that revokes it.',
    );
  const token = `ns_${randomBytes(32).toString('base64url')}`;
  const line = formatLine({ name, role, hash: hashToken(token), created: now().toISOString(), targets });
  // Appending leaves lines alone that somebody else adds at the same moment.
  const handle = await open(file, 'a', 0o600);
  try {
    await handle.appendFile(before === '' || before.endsWith('\n') ? line : `\n${line}`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  return token;
}

function check({ name, role }: CreateToken, targets: readonly string[]): void {
  if (!nameRule.test(name))
    throw new TokenRefused(
      `${JSON.stringify(name)} is no name for a token`,
      'Use letters, digits and ._@- only.',
    );
  if (!roles.includes(role)) throw new TokenRefused(`there is no role ${role}`, `Use ${roles.join(', ')}.`);
  const bad = targets.find((target) => target === '' || /\s/.test(target) || target.startsWith('#'));
  if (bad !== undefined || targets.length === 0)
    throw new TokenRefused(
      `${JSON.stringify(bad ?? '')} is no pattern for targets`,
      'Use target keys, with * for any run of characters.',
    );
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}
