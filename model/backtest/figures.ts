import { count, duration } from '../format.js';
import type { BacktestReport } from './report.js';
import type { Figure } from './sum.js';
import { names } from './words.js';

/** One line of the summary: what, then and now, and in words what that means and in which incidents. */
export interface FigureLine {
  readonly what: string;
  readonly recorded: string;
  readonly candidate: string;
  readonly meaning: readonly string[];
}

/** How many incidents there are of each sort, and which. */
export function statusLines({ sum }: BacktestReport): readonly (readonly [string, Figure, string])[] {
  return [
    ['same', sum.same, 'every decision as recorded'],
    ['different', sum.different, 'something is decided otherwise'],
    ['unknown', sum.unknown, 'from some point on the recording has no answer'],
    ['failed', sum.failed, 'the candidate could not be run'],
    ['left out', sum.leftOut, 'could not be compared'],
  ];
}

/** The figures that a review looks at, each with the incidents behind it. */
export function figureLines({ sum }: BacktestReport): readonly FigureLine[] {
  const { restarts, decisions, recovered, secondsToRecovery } = sum;
  const least = restarts.atLeast ? 'at least ' : '';
  const time = [
    ...said(secondsToRecovery.sooner, (n) => `${duration(n)} sooner in all`),
    ...said(secondsToRecovery.later, (n) => `${duration(n)} later in all`),
  ];
  return [
    {
      what: 'restarts (disruptive changes)',
      recorded: String(restarts.recorded),
      candidate: `${least}${restarts.candidate}`,
      meaning: [
        ...said(restarts.saved, (n) => `${n} saved`),
        ...said(restarts.savedSoFar, (n) => `${n} of them up to the point from which nothing is known`),
        ...said(restarts.added, (n) => `${least}${n} added`),
      ],
    },
    {
      what: 'decisions asked for',
      recorded: String(decisions.recorded),
      candidate: `${least}${decisions.candidate}`,
      meaning: [
        ...said(decisions.fewer, (n) => `${n} fewer`),
        ...said(decisions.more, (n) => `${least}${n} more`),
      ],
    },
    {
      what: 'incidents recovered',
      recorded: String(recovered.recorded),
      candidate: String(recovered.candidate),
      meaning: [
        ...said(recovered.lost, (n) => `${n} no longer`),
        ...said(recovered.gained, (n) => `${n} newly`),
      ],
    },
    ...(time.length === 0 ? [] : [{ what: 'time to recovery', recorded: '', candidate: '', meaning: time }]),
  ];
}

function said(figure: Figure, words: (n: number) => string): readonly string[] {
  return figure.count === 0 ? [] : [`${words(figure.count)}: ${names(figure.incidents)}`];
}

/** What has to be known before the figures are believed. */
export function caveats(report: BacktestReport): readonly string[] {
  const { notInPolicy, complete, question, incidents } = report;
  const missing =
    notInPolicy.count === 0
      ? []
      : [
          `${question.policy ?? 'the candidate policy'} does not name ${names(notInPolicy.targets)}, so that there Nightshift would only observe: that is what ${count(notInPolicy.count, 'incident')} ${notInPolicy.count === 1 ? 'was' : 'were'} compared with (${names(notInPolicy.incidents)}).`,
        ];
  const stretched = incidents.filter(({ stretchedSeconds }) => stretchedSeconds > farSeconds);
  const far =
    stretched.length === 0
      ? []
      : [
          `In ${count(stretched.length, 'incident')} a reading answers for a moment up to ${duration(Math.max(...stretched.map((one) => one.stretchedSeconds)))} from its own: ${names(stretched.map(({ incident }) => incident.shortId))}.`,
        ];
  return [
    ...(complete ? [] : ['It was interrupted: only what was done by then is in here.']),
    ...missing,
    ...far,
  ];
}

/** A reading that stands in for a moment so far away is worth a word. */
const farSeconds = 60;
