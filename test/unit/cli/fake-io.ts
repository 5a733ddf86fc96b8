import pc from 'picocolors';
import type { Io } from '../../../client/cli/terminal/io.js';

/** A terminal of so many columns that remembers what was written to it. */
export function fakeIo(more: Partial<Io> = {}) {
  const written = { out: '', err: '' };
  const io: Io = {
    out: (text) => {
      written.out += text;
    },
    err: (text) => {
      written.err += text;
    },
    tty: false,
    interactive: false,
    columns: () => 80,
    rows: () => 24,
    env: { USER: 'ana', NIGHTSHIFT_STATE: '/nonexistent/state' },
    cwd: '/nonexistent',
    now: () => new Date('2026-11-22T03:00:00Z'),
    signal: new AbortController().signal,
    paint: pc.createColors(false),
    ...more,
  };
  return { io, written };
}
