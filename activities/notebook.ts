import type { Evidence, Unit } from '../model/evidence.js';
import type { Json } from '../model/json.js';
import { messageOf } from './failure.js';

/** Collects the evidence of one look: what was seen, and what could not be had and why. */
export class Notebook {
  readonly evidence: Evidence[] = [];

  constructor(
    private readonly now: () => Date,
    private readonly signal: AbortSignal,
  ) {}

  /** Notes a figure. Nothing to note (undefined) is no gap: not every kernel has every figure. */
  saw(source: string, name: string, value: Json | undefined, unit?: Unit, subject?: string): void {
    if (value === undefined) return;
    const at = this.now().toISOString();
    this.evidence.push({
      source,
      name,
      ...(subject ? { subject } : {}),
      at,
      value,
      ...(unit ? { unit } : {}),
    });
  }

  gap(source: string, name: string, gap: string, subject?: string): void {
    this.evidence.push({ source, name, ...(subject ? { subject } : {}), at: this.now().toISOString(), gap });
  }

  /**
   * Reads one source within its own time limit (milliseconds). A failure is a gap and gives undefined; only the
   * activity's own cancellation is thrown. `subject`: what it is about, when not the target itself.
   */
  async read<T>(
    source: string,
    name: string,
    limitMs: number,
    work: (signal: AbortSignal) => Promise<T>,
    subject?: string,
  ): Promise<T | undefined> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await orAborted(work(AbortSignal.any([this.signal, limit])), limit, this.signal);
    } catch (error) {
      this.signal.throwIfAborted();
      const why = limit.aborted ? `not read within ${limitMs / 1000} s` : messageOf(error);
      this.gap(source, name, why, subject);
      return undefined;
    }
  }
}

/** A read of a file can't be aborted: the time limit ends the waiting for it all the same. */
function orAborted<T>(work: Promise<T>, ...signals: AbortSignal[]): Promise<T> {
  return new Promise((resolve, reject) => {
    const ended = AbortSignal.any(signals);
    const aborted = (): void => reject(ended.reason);
    ended.addEventListener('abort', aborted, { once: true });
    work.then(resolve, reject).finally(() => ended.removeEventListener('abort', aborted));
  });
}
