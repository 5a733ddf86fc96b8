import type { CarryOutResult } from '../../model/activities.js';
import type { Change } from '../../model/change.js';
import type { Measure } from '../../model/evidence.js';

/** What came up directly before it was to be sent, and is for a person to weigh: asked, and not passed over. */
export interface Ask {
  readonly end: 'ask';
  readonly why: string;
}

/** What became of one change that a remedy asked for. */
export type Passage =
  | {
      readonly end: 'applied';
      readonly change: Change;
      readonly result: CarryOutResult;
      /** In use before it: on a later attempt the fresh look may already see what an earlier one did. */
      readonly before: Measure | undefined;
    }
  /** Not sent, or sent without effect; the ladder goes on. */
  | { readonly end: 'refused' | 'rejected' | 'skipped' | 'failed'; readonly why: string; readonly by: string }
  /** The question lost its point: look again. `unseen`: only because nothing could be read. */
  | { readonly end: 'void'; readonly why: string; readonly unseen?: true };
