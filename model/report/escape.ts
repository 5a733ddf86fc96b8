/** Text from outside (names, log lines, comments) put into Markdown so that it stays text. */

/** One line of running text. */
export function text(value: string): string {
  return value
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*_[\]<>]/g, (sign) => `\\${sign}`)
    .replace(/\\_(?=\w)/g, '_');
}

/** Inline code, whatever backticks are in it. */
export function code(value: string): string {
  const line = value.replace(/[\r\n]+/g, ' ');
  const runs = line.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...runs.map(({ length }) => length)) + 1);
  const pad = line.startsWith('`') || line.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${line}${pad}${fence}`;
}

/** A fenced block, whatever fences are in it. */
export function block(language: string, value: string): readonly string[] {
  const runs = value.match(/`{3,}/g) ?? [];
  const fence = '`'.repeat(Math.max(2, ...runs.map(({ length }) => length)) + 1);
  return [`${fence}${language}`, value.replace(/\n+$/, ''), fence];
}

/** One cell of a table. */
export function cell(value: string): string {
  return text(value).replace(/\|/g, '\\|');
}
