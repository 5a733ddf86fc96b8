/**
 * Takes secrets out of text that is kept or shown: log lines, command lines. It looks for forms that secrets have,
 * not for the secrets, so it is a net with holes: what must never leak should not be logged at all.
 */
export function redact(text: string): string {
  return rules.reduce((rest, [form, replacement]) => rest.replace(form, replacement), text);
}

const hidden = '[redacted]';

/** Names of settings whose value is a secret. */
const secretName =
  '[\\w.-]{0,80}(?:passw(?:or)?d|passphrase|secret|api[_-]?key|apikey|access[_-]?key|private[_-]?key|auth[_-]?token|access[_-]?token|refresh[_-]?token|token|credentials?)';

/** Order matters: whole forms first, then single values. */
const rules: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, hidden],
  // JSON Web Tokens: header and payload begin with `{"` in base64.
  [/\beyJ[\w-]{5,}\.eyJ[\w-]{2,}\.[\w-]*/g, hidden],
  [
    /\b((?:proxy-)?authorization["']?\s*[:=]\s*["']?(?:basic|bearer|digest|token)?)\s*(?!\[redacted\])[^\s"',;]+/gi,
    `$1 ${hidden}`,
  ],
  [/\b(bearer|basic)\s+(?!\[redacted\])[\w.~+/-]{8,}=*/gi, `$1 ${hidden}`],
  // scheme://user:password@host
  [/\b([a-z][a-z0-9+.-]{0,20}:\/\/[^\s:/@]{0,200}):[^\s/@]+@/gi, `$1:${hidden}@`],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g, hidden],
  [
    /\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abposr]-[\w-]{10,}|sk-[\w-]{16,}|AIza[\w-]{30,})/g,
    hidden,
  ],
  // "password": "…" and password='…'
  [
    new RegExp(
      `((?<![\\w.-])["']?${secretName}["']?\\s*[:=]\\s*)(["'])(?!\\[redacted\\])(?:\\\\.|(?!\\2).)+\\2`,
      'gi',
    ),
    `$1$2${hidden}$2`,
  ],
  // password=… and --api-key=…
  [
    new RegExp(`((?<![\\w.-])${secretName}\\s*[:=]\\s*)(?!["']|\\[redacted\\])[^\\s,;&"')}\\]]+`, 'gi'),
    `$1${hidden}`,
  ],
  // --password … on a command line
  [new RegExp(`((?<![\\w.-])--${secretName}\\s+)(?!-|\\[redacted\\])\\S+`, 'gi'), `$1${hidden}`],
];
