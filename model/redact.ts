/**
 * Takes secrets out of text that is kept or shown: log lines, command lines. It looks for forms that secrets have,
 * not for the secrets, so it is a net with holes: what must never leak should not be logged at all.
 */
export function redact(text: string): string {
  return rules.reduce((rest, [form, replacement]) => rest.replace(form, replacement), text);
}

/** What stands where a secret was. */
export const redacted = '[redacted]';

/** Names of settings whose value is a secret. */
const secretName =
  '[\\w.-]{0,80}(?:passw(?:or)?d|passphrase|[_-]pass|secret[_-]?key|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|token|credentials?)';

const wholeName = new RegExp(`^(?:[\\w.-]{1,200}/)?${secretName}$`, 'i');

/** True where a setting, a label or an environment variable of that name holds a secret: `API_TOKEN`, `db.password`. */
export function isSecretName(name: string): boolean {
  return wholeName.test(name);
}

/** Order matters: whole forms first, then single values. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted],
  // JSON Web Tokens: header and payload begin with `{"` in base64.
  [/\beyJ[\w-]{5,}\.eyJ[\w-]{2,}\.[\w-]*/g, redacted],
  [
    /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:basic|bearer|digest|token)?)\s*(?!\[redacted\])[^\s"',;]+/gi,
    `$1 ${redacted}`,
  ],
  [/\b(bearer|basic)\s+(?!\[redacted\])[\w.~+/-]{8,}=*/gi, `$1 ${redacted}`],
  // scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,200}):[^\s/@]+@/gi, `$1:${redacted}@`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, redacted],
  [
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abposr]-[\w-]{10,}|sk-[\w-]{16,}|AIza[\w-]{30,})/g,
    redacted,
  ],
  // "password": "…" and password='…'
  [
    new RegExp(
      `((?<![\\w.-])["']?${secretName}["']?\\s*[:=]\\s*)(["'])(?!\\[redacted\\])(?:\\\\.|(?!\\2).)+\\2`,
      'gi',
    ),
    `$1$2${redacted}$2`,
  ],
  // password=… and --api-key=…
  [
    new RegExp(`((?<![\\w.-])${secretName}\\s*[:=]\\s*)(?!["']|\\[redacted\\])[^\\s,;&"')}\\]]+`, 'gi'),
    `$1${redacted}`,
  ],
  // --password … on a command line
  [new RegExp(`((?<![\\w.-])--${secretName}\\s+)(?!-|\\[redacted\\])\\S+`, 'gi'), `$1${redacted}`],
];
