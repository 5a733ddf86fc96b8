/** Text from outside (names, log lines, comments) put into Markdown so that it stays text. */

/** One line of running text. */
export function text(value: string): string {
  return value
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\\`*]/g, (sign) => `\\${sign}`)
    .replace(/\](?=[([])/g, '\\]')
    .replace(/<(?=[a-z/!?])/gi, '\\<')
    .replace(/(?<![a-z0-9])_|_(?![a-z0-9])/gi, '\\_');
}

/** Running text in which code stands between backticks, as our own sentences write it. */
export function prose(value: string): string {
  return value
    .split(/(`[^`\r\n]+`)/)
    .map((part, index) => (index % 2 === 1 ? code(part.slice(1, -1)) : text(part)))
    .join('');
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
