import { createHash } from 'node:crypto';
import { type Identity, type Role, roles } from './access.js';

/** One line of the token file: `<name> <role> <hash> <created> <target pattern> …`. */
export interface TokenLine extends Identity {
  /** SHA-256 of the token, in hex. */
  readonly hash: string;
  readonly created: string;
}

export interface TokenFile {
  readonly tokens: readonly TokenLine[];
  /** Lines that can't be read, with their number and the mend. Those tokens don't work; the others do. */
  readonly problems: readonly string[];
}

export const nameRule = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

/**
 * SHA-256, and no slow password hash: a token is 32 random bytes, which nobody finds by trying, and a slow hash on
 * every request would let anybody keep the API busy.
 */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}

export function formatLine({ name, role, hash, created, targets }: TokenLine): string {
  return `${[name, role, hash, created, ...targets].join(' ')}\n`;
}

export function parseTokenFile(text: string): TokenFile {
  const tokens: TokenLine[] = [];
  const problems: string[] = [];
  text.split('\n').forEach((line, index) => {
    if (line.trim() === '' || line.trimStart().startsWith('#')) return;
    const parsed = parseLine(line.trim().split(/\s+/));
    const problem =
      typeof parsed === 'string'
        ? parsed
        : tokens.some(({ name }) => name === parsed.name) && 'the name is taken';
    if (problem) problems.push(`line ${index + 1}: ${problem}`);
    else if (typeof parsed !== 'string') tokens.push(parsed);
  });
  return { tokens, problems };
}

function parseLine([name = '', role = '', hash = '', created = '', ...targets]: string[]):
  | TokenLine
  | string {
  if (!nameRule.test(name)) return 'the name may have letters, digits and ._@- only';
  if (!isRole(role)) return `the role is one of ${roles.join(', ')}`;
  if (!/^[0-9a-f]{64}$/.test(hash))
    return 'the hash is no SHA-256: make the line with `nightshift token create`';
  if (Number.isNaN(Date.parse(created))) return 'the fourth word is the time it was made';
  // Never "all" by omission: a line cut short must not widen what it allows.
  if (targets.length === 0) return 'it names no targets; write * for all';
  return { name, role, hash, created, targets };
}

function isRole(text: string): text is Role {
  return (roles as readonly string[]).includes(text);
}
