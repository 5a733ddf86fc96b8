/** Lets so many pieces of work for the same key run at once; the others wait for their turn, in order. */
export class Turns {
  private readonly lines = new Map<string, { running: number; waiting: (() => void)[] }>();

  constructor(private readonly atOnce: number) {}

  async take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const line = this.lines.get(key) ?? { running: 0, waiting: [] };
    this.lines.set(key, line);
    if (line.running >= this.atOnce) await new Promise<void>((resolve) => line.waiting.push(resolve));
    else line.running += 1;
    try {
      return await work();
    } finally {
      const next = line.waiting.shift();
      // The turn is handed on, so that nobody who comes now gets in between.
      if (next) next();
      else line.running -= 1;
    }
  }
}
