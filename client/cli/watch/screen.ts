import type { Io } from '../terminal/io.js';

const hideCursor = '\u001b[?25l';
const showCursor = '\u001b[?25h';

/** Draws frames over one another on a terminal; the last one stays when it is left. */
export class Screen {
  private drawn = 0;
  private width = 0;
  private last = '';
  private hidden = false;
  private held = false;
  private cut = false;

  constructor(private readonly io: Io) {}

  /** Puts a frame in the place of the one before. Nothing is written where nothing has changed. */
  draw(lines: readonly string[]): void {
    if (this.held) return;
    const { io } = this;
    // A frame taller than the terminal can't be redrawn in place: what is above its top stays as it was.
    const room = Math.max(5, io.rows() - 1);
    this.cut = lines.length > room;
    const shown = lines.length <= room ? lines : [...lines.slice(0, room - 1), io.paint.dim('…')];
    const text = shown.join('\n');
    if (text === this.last && io.columns() === this.width) return;
    const up = this.drawn > 1 ? `\u001b[${this.drawn - 1}A` : '';
    const start = this.drawn === 0 ? hideCursor : `\r${up}`;
    // Each line is cleared behind its text, so that nothing flickers.
    io.out(`${start}${shown.map((line) => `${line}\u001b[K`).join('\n')}\u001b[J`);
    this.hidden = true;
    this.drawn = shown.length;
    this.width = io.columns();
    this.last = text;
  }

  /** True where the last frame was too tall to be shown whole. */
  get isCut(): boolean {
    return this.cut;
  }

  /** Lets a question be asked below the frame; drawing begins anew after it. */
  async pause<T>(ask: () => Promise<T>): Promise<T> {
    this.leave();
    this.held = true;
    try {
      return await ask();
    } finally {
      this.held = false;
    }
  }

  /** Puts the cursor below the last frame, and shows it again. */
  leave(): void {
    if (this.drawn > 0) this.io.out('\n');
    if (this.hidden) this.io.out(showCursor);
    this.drawn = 0;
    this.hidden = false;
    this.last = '';
  }
}
