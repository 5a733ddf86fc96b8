/**
 * A part of the set-up can't be had, and the person has to do something.
 * `message` says what is missing, `todo` what to do about it. Exit code 2.
 */
export class PartError extends Error {
  /**
   * @param {string} message what can't be had, and why
   * @param {string} todo what the person can do
   */
  constructor(message, todo) {
    super(`${message}\n  What to do: ${todo}`);
    this.name = 'PartError';
    this.exitCode = 2;
  }
}

/** The person (Ctrl-C) or the system (SIGTERM) asked us to stop. */
export class Interrupted extends Error {
  constructor() {
    super('interrupted');
    this.name = 'Interrupted';
    this.exitCode = 130;
  }
}

/** Throws `Interrupted` if the signal has fired. */
export function throwIfInterrupted(signal) {
  if (signal?.aborted) throw new Interrupted();
}
