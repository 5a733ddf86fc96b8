import { unordered } from './scene.js';
import type { Micros } from './times.js';
import type { Job } from './vm.js';

/** Something that will happen to the workflow at its time. */
export interface Due {
  readonly at: Micros;
  /** Of the recorded event: what came first there comes first here, where both come at the same moment. */
  readonly order: number;
  readonly job: Job;
  /** Told when it happens, before the workflow’s next wishes are heard. */
  readonly happens?: () => void;
}

/** From that time on the recording has no answer. */
export interface Limit {
  readonly at: Micros;
  readonly asked: string;
  readonly why: string;
}

/** What is to happen, by the backtest's own clock, which stands still while the workflow computes. */
export class Clock {
  private readonly dues = new Set<Due>();
  private readonly limits = new Set<Limit>();

  constructor(public now: Micros) {}

  add(due: Omit<Due, 'order'> & { readonly order?: number }): Due {
    const whole = { order: unordered, ...due, at: Math.max(due.at, this.now) };
    this.dues.add(whole);
    return whole;
  }

  limit(limit: Limit): Limit {
    const whole = { ...limit, at: Math.max(limit.at, this.now) };
    this.limits.add(whole);
    return whole;
  }

  remove(thing: Due | Limit): void {
    this.dues.delete(thing as Due);
    this.limits.delete(thing as Limit);
  }

  /**
   * Goes on to the next moment at which something happens, and takes everything that happens then. What is known
   * comes before what is not: at the same moment it may do away with the question.
   */
  next(): { readonly happening: readonly Due[] } | Limit {
    const first = Math.min(...[...this.dues].map(({ at }) => at));
    const limit = [...this.limits].reduce(earlier, nothingComes);
    if (limit.at < first || this.dues.size === 0) {
      if (Number.isFinite(limit.at)) this.now = limit.at;
      return limit;
    }
    this.now = first;
    const happening = [...this.dues].filter(({ at }) => at === first);
    for (const due of happening) this.dues.delete(due);
    return { happening: happening.sort((a, b) => rank(a.job) - rank(b.job) || a.order - b.order) };
  }
}

const nothingComes: Limit = {
  at: Number.POSITIVE_INFINITY,
  asked: 'nothing',
  why: 'it waits for something that never came',
};

/** At the same moment people's silence is what a reader wants to know of first. */
function earlier(first: Limit, other: Limit): Limit {
  if (first.at === other.at) return other.asked === 'decision' ? other : first;
  return first.at < other.at ? first : other;
}

/** As the SDK's core hands out what has come: signals and updates first. */
function rank(job: Job): number {
  if (job.initializeWorkflow) return 0;
  return job.signalWorkflow || job.doUpdate ? 1 : 2;
}
