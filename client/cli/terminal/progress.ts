import type { Io } from './io.js';

const quietMs = 2_000;
const wheel = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A line of its own beside what waits: the wheel gives way to it, and is drawn again below. */
export function aside(io: Io, text: string): string {
  return `${io.tty ? '\r\u001b[K' : ''}${text}\n`;
}

/**
 * Waits for `work`. What takes longer than two seconds says what it is: with a wheel on a terminal, else by one line.
 */
export async function withProgress<T>(io: Io, text: string, work: Promise<T>): Promise<T> {
  let turn = 0;
  let shown = false;
  const began = Date.now();
  const timer = setInterval(() => {
    if (Date.now() - began < quietMs) return;
    if (!io.tty) {
      if (!shown) io.err(`${text} …\n`);
    } else {
      const seconds = Math.round((Date.now() - began) / 1000);
      io.err(`\r${wheel[turn++ % wheel.length]} ${text} … ${seconds} s\u001b[K`);
    }
    shown = true;
  }, 100);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    if (shown && io.tty) io.err('\r\u001b[K');
  }
}
