import type { IncidentDifference, LadderRow, LeftOut } from './difference.js';
import type { Move } from './moves.js';
import { type BacktestSum, type Figure, sum } from './sum.js';
import { moveText } from './words.js';

/** Raised when a reader of the older form could misunderstand the newer one. */
export const backtestFormat = 'nightshift.backtest/1';

/** What was asked for. Times are ISO. */
export interface BacktestQuestion {
  readonly runbook: string;
  readonly target?: string;
  readonly since?: string;
  readonly until?: string;
  /** The candidate policy's file; absent: each incident with the policy that was in force in it. */
  readonly policy?: string;
  /** Modules whose runbooks were used beside the shipped ones. */
  readonly modules: readonly string[];
  /** Files and folders that were named. */
  readonly paths: readonly string[];
}

/** A backtest, whole: what all outputs are made from. */
export interface BacktestReport {
  readonly question: BacktestQuestion;
  /** Version of Nightshift whose code was the candidate. */
  readonly product: string;
  /** False: it was interrupted, and these are the incidents that were done by then. */
  readonly complete: boolean;
  readonly sum: BacktestSum;
  /** Incidents on targets that the candidate policy does not name: there Nightshift would only observe. */
  readonly notInPolicy: Figure & { readonly targets: readonly string[] };
  readonly incidents: readonly IncidentDifference[];
  readonly leftOut: readonly LeftOut[];
}

/**
 * Puts a backtest together: the incidents in the order of their opening.
 * @param inPolicy tells whether the candidate policy names that target; absent where there is no candidate policy
 */
export function backtestReport(
  about: Pick<BacktestReport, 'question' | 'product' | 'complete' | 'leftOut'>,
  all: readonly IncidentDifference[],
  inPolicy: (targetKey: string) => boolean = () => true,
): BacktestReport {
  const incidents = [...all].sort(byOpening);
  const missing = incidents.filter(({ incident }) => !inPolicy(incident.target.key));
  return {
    ...about,
    sum: sum(incidents, about.leftOut),
    notInPolicy: {
      count: missing.length,
      incidents: missing.map(({ incident }) => incident.shortId),
      targets: [...new Set(missing.map(({ incident }) => incident.target.key))].sort(),
    },
    incidents,
  };
}

function byOpening({ incident: a }: IncidentDifference, { incident: b }: IncidentDifference): number {
  return Date.parse(a.openedAt) - Date.parse(b.openedAt) || (a.shortId < b.shortId ? -1 : 1);
}

/** For machines, and for the console: docs/backtest.md tells every member. Ends in a newline. */
export function backtestJson({ incidents, ...report }: BacktestReport): string {
  const told = incidents.map((one) => ({ ...one, ladder: one.ladder.map(toldRow) }));
  return `${JSON.stringify({ format: backtestFormat, ...report, incidents: told }, null, 2)}\n`;
}

/** A row whose moves have their words with them, so that whoever draws it needs no words of his own. */
function toldRow({ mark, recorded, candidate }: LadderRow) {
  return {
    mark,
    recorded: recorded ? toldMove(recorded) : null,
    candidate: candidate ? toldMove(candidate) : null,
  };
}

function toldMove(move: Move) {
  return { text: moveText(move), ...move };
}
