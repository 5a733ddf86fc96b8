import { endingOf } from './exit-codes.js';
import { program } from './program.js';
import type { Io } from './terminal/io.js';

/** Runs one command line and returns its exit code. All errors end here. */
export async function runCli(args: readonly string[], io: Io): Promise<number> {
  const held = { code: 0 };
  try {
    await program(io, (code) => {
      held.code = code;
    }).parseAsync([...args], { from: 'user' });
    return held.code;
  } catch (error) {
    const { code, message, mend } = endingOf(error);
    if (message !== '') io.err(`${io.paint.red('nightshift:')} ${message}\n`);
    if (mend) io.err(`${mend}\n`);
    return code;
  }
}
