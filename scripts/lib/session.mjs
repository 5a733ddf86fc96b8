import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { Interrupted } from './errors.mjs';
import { endMarked, markEnvironment, markOf } from './mark.mjs';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'];
const SAME_PRESS_MS = 500;

/**
 * One run of a task: it takes the signals, passes them on to the command in the foreground, and puts
 * everything away at its end, whatever way that comes.
 */
export class Session {
  /** What is printed to stdout when everything has been put away. */
  lastLine = null;
  #abort = new AbortController();
  #cleanups = [];
  #child = null;
  #received = null;
  #lastForwarded = 0;

  constructor(log) {
    this.log = log;
    for (const name of SIGNALS) process.on(name, () => this.#onSignal(name));
  }

  /** Fires when the person or the system asks us to stop. */
  get signal() {
    return this.#abort.signal;
  }

  /** The exit code that says by which signal we were stopped, such as 130; null if by none. */
  get signalCode() {
    return this.#received && 128 + constants.signals[this.#received];
  }

  /** Has `work` run at the end, latest first. */
  atEnd(work) {
    this.#cleanups.push(work);
  }

  /**
   * Runs a command in the foreground, with our terminal.
   * @param {string} command
   * @param {string[]} args
   * @param {Record<string, string>} env added to our own
   * @returns {Promise<number>} its exit code; 128 + n if signal n ended it
   */
  foreground(command, args, env = {}) {
    if (this.signal.aborted || this.#received) return Promise.reject(new Interrupted());
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, {
        stdio: 'inherit',
        env: { ...process.env, ...env, ...markEnvironment() },
      });
      this.#child = child;
      child.on('error', reject);
      child.on('exit', (code, signal) => {
        this.#child = null;
        resolve(code ?? 128 + (constants.signals[signal] ?? 0));
      });
    });
  }

  /** Ends what the foreground command has left running, then does all that `atEnd` was given, and prints the last line. */
  async end() {
    await endMarked(markOf(), this.log);
    for (const work of this.#cleanups.splice(0).reverse()) {
      try {
        await work();
      } catch (error) {
        this.log(`while putting things away: ${error.message}`);
      }
    }
    if (this.lastLine) process.stdout.write(`${this.lastLine}\n`);
  }

  #onSignal(name) {
    this.#received ??= name;
    if (!this.#child) {
      this.#abort.abort();
      return;
    }
    // On a terminal, Ctrl-C has reached the command already: it is in the same process group.
    if (name === 'SIGINT' && process.stdin.isTTY) return;
    // npm passes on what the shell has sent us as well; that is one wish, not two.
    if (Date.now() - this.#lastForwarded < SAME_PRESS_MS) return;
    this.#lastForwarded = Date.now();
    this.#child.kill(name);
  }
}
