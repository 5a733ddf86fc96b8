import type { Io } from './io.js';

const quietMs = 2_000;
const wheel = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A line of its own beside what waits: the wheel gives way to it, and is drawn again below. */
export function aside(io: Io, text: string): string {
  return `${io.tty ? '\r\u001b[K' : ''}${text}\n`;
}

/** Where there is no terminal: a line after so long, and again. */
const lineMs = 10_000;

/**
 * Waits for `work`. What takes longer than two seconds says what it is: with a wheel on a terminal, else by a line
 * now and then where the text changes.
 */
export async function withProgress<T>(io: Io, text: string | (() => string), work: Promise<T>): Promise<T> {
  let turn = 0;
  let last = '';
  let lastAt = Number.NEGATIVE_INFINITY;
  const began = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - began < quietMs) return;
    const now = typeof text === 'string' ? text : text();
    if (io.tty) {
      const seconds = Math.round((Date.now() - began) / 1000);
      io.err(`\r${wheel[turn++ % wheel.length]} ${now} … ${seconds} s\u001b[K`);
    } else if (now !== last && Date.now() - lastAt >= lineMs) {
      io.err(`${now} …\n`);
      lastAt = Date.now();
    } else return;
    last = now;
  }, 100);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (last !== '' && io.tty) io.err('\r\u001b[K');
  }
}
