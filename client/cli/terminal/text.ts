/** Text made to fit a terminal. Widths are counted in characters; control characters never get through. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g;

/** One line without control characters: names and log lines from outside must not move the cursor. */
export function plain(text: string): string {
  return text.replace(controls, ' ');
}

/** How many columns it takes. */
export function width(text: string): number {
  return [...text].length;
}

/** Cut to so many columns, with `…` where something is missing. */
export function clip(text: string, columns: number): string {
  const letters = [...text];
  if (letters.length <= columns) return text;
  return columns <= 0 ? '' : `${letters.slice(0, columns - 1).join('')}…`;
}

/** Filled up with spaces to so many columns. */
export function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - width(text)));
}

/** Broken at spaces into lines of at most so many columns; a longer word is broken where it must. */
export function wrap(text: string, columns: number): readonly string[] {
  const room = Math.max(8, columns);
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ')) {
    while (width(word) > room) {
      if (line !== '') lines.push(line);
      line = '';
      lines.push([...word].slice(0, room).join(''));
      word = [...word].slice(room).join('');
    }
    if (line !== '' && width(line) + 1 + width(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Wrapped, and cut after so many lines. */
export function clipped(text: string, columns: number, lines: number): readonly string[] {
  const all = wrap(text, columns);
  if (all.length <= lines) return all;
  return [...all.slice(0, lines - 1), clip(all.slice(lines - 1).join(' '), Math.max(8, columns))];
}
