import type { JsonObject } from '../../../model/json.js';
import type { ApplyContext } from '../../adapter.js';

/** Well below the heartbeat limit of a change's activity (15 s). */
const beatEveryMs = 4000;

/** What the last attempt noted: its last heartbeat, as an object. */
export function notesOf(context: Pick<ApplyContext, 'previous'>): JsonObject {
  const { previous } = context;
  return isObject(previous) ? previous : {};
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Notes for a later attempt, kept as heartbeat details. What was noted stays until it is noted anew, the `sending`
 * mark included, which says that an attempt got as far as the mutation.
 */
export class Journal {
  #notes: JsonObject;

  constructor(private readonly context: ApplyContext) {
    this.#notes = notesOf(context);
  }

  get notes(): JsonObject {
    return this.#notes;
  }

  note(more: JsonObject): void {
    this.#notes = { ...this.#notes, ...more };
    this.context.heartbeat(this.#notes);
  }

  /** Asks whether the change is still wanted, and marks it as sent. The next call must be the mutation itself. */
  async confirm(part?: { readonly begun: boolean }): Promise<void> {
    this.#notes = { ...this.#notes, sending: this.context.now().toISOString() };
    this.context.heartbeat(this.#notes);
    await this.context.confirm(part);
  }

  /** Keeps the heartbeat going while something takes its time. */
  async whileBeating<T>(work: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.context.heartbeat(this.#notes), beatEveryMs);
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }
}
