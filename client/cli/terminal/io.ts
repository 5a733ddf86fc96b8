import pc from 'picocolors';

/** Everything a command needs of the world around it, so that tests can stand in for a terminal. */
export interface Io {
  /** Results: what a script would read. */
  out(text: string): void;
  /** Progress, hints and errors. */
  err(text: string): void;
  /** True where standard output is a terminal that can be redrawn. */
  readonly tty: boolean;
  /** True where a person can be asked. */
  readonly interactive: boolean;
  /** Columns of the terminal, or 80. */
  columns(): number;
  rows(): number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  now(): Date;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  readonly paint: Paint;
}

export type Paint = ReturnType<typeof pc.createColors>;

/** Colours only on a terminal, never with NO_COLOR set (whatever its value), always with FORCE_COLOR. */
export function wantsColours(env: Io['env'], tty: boolean): boolean {
  if ((env.NO_COLOR ?? '') !== '') return false;
  if ((env.FORCE_COLOR ?? '') !== '' && env.FORCE_COLOR !== '0') return true;
  return tty && env.TERM !== 'dumb';
}

/** The process's own terminal. The signal fires at the first Ctrl-C; the second one ends the process. */
export function processIo(): Io {
  const { env, stdout, stderr, stdin } = process;
  const tty = stdout.isTTY === true && env.TERM !== 'dumb';
  const interrupted = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (interrupted.signal.aborted && name === 'SIGINT') process.exit(130);
      interrupted.abort();
    });
  }
  // A reader that has seen enough (`| head`) is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
  return {
    out: (text) => void stdout.write(text),
    err: (text) => void stderr.write(text),
    tty,
    interactive: tty && stdin.isTTY === true,
    columns: () => stdout.columns ?? 80,
    rows: () => stdout.rows ?? 24,
    env,
    cwd: process.cwd(),
    now: () => new Date(),
    signal: interrupted.signal,
    paint: pc.createColors(wantsColours(env, tty)),
  };
}
