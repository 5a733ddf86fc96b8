import type { BundledIncident } from '../model/bundle/types.js';

/** What kind of difference a replay met. */
export type FindingKind =
  /** Temporal could not go on: today's code asks for another thing than the history has. Open incidents would stand still. */
  | 'commands'
  /** The same commands, but asked otherwise: another change, another wait. An open incident would mistake one for the other. */
  | 'asked'
  /** The same commands, asked alike, but other facts: the report would read otherwise. */
  | 'facts'
  /** The same in substance: other sentences, or members that the recording could not know. */
  | 'words'
  /** Today's code failed with an error. */
  | 'failed'
  /** Today's code has no workflow of that type. */
  | 'gone';

/** The first fact that differs. One of the two may be absent: a fact more, or one less. */
export interface FactFinding {
  /** Number of the fact. */
  readonly n: number;
  readonly expected?: string;
  readonly came?: string;
  /** Members that differ, where both are of one type: `verdicts.2.says: ask → allow`. */
  readonly members: readonly string[];
}

/** The event of the history that was not met. */
export interface EventFinding {
  readonly id: number;
  readonly expected: string;
  /** Absent: it can't be told. */
  readonly came?: string;
  readonly members: readonly string[];
}

/** A guess at the edit, by the kind of the difference. */
export interface Likely {
  readonly edit: string;
  /** Where a newcomer should look first, from the repository's root. */
  readonly where?: string;
}

/** The first difference between a recording and today's code, as a person reads it. */
export interface Finding {
  readonly kind: FindingKind;
  readonly fact?: FactFinding;
  /** How many facts came and were as recorded, before anything differed. */
  readonly sameFacts: number;
  readonly event?: EventFinding;
  readonly likely?: Likely;
  /** Why facts could not be compared. */
  readonly onlyCommands?: string;
  /** As Temporal or the code itself says it. */
  readonly said?: string;
}

/** What the replay of one recording came to. */
export type Verdict = {
  readonly name: string;
  readonly workflowType?: string;
  readonly incident?: BundledIncident;
} & (
  | { readonly end: 'same'; readonly onlyCommands?: string }
  /** `otherwise`: nothing that an open incident would notice, but its facts differ. */
  | { readonly end: 'diverged' | 'otherwise'; readonly finding: Finding }
  /** Never replayed: the file is no good recording. */
  | { readonly end: 'unreadable'; readonly why: string; readonly mend?: string }
  /** The process that replayed it died, or did not come back. */
  | { readonly end: 'crashed'; readonly why: string }
);
