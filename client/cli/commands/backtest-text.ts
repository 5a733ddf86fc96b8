import type { IncidentDifference } from '../../../model/backtest/difference.js';
import { caveats, type FigureLine, figureLines, statusLines } from '../../../model/backtest/figures.js';
import { intro, unknownSentence } from '../../../model/backtest/markdown.js';
import type { BacktestReport } from '../../../model/backtest/report.js';
import { kindWords, names } from '../../../model/backtest/words.js';
import type { Paint } from '../terminal/io.js';
import { table } from '../terminal/table.js';
import { pad, plain, width, wrap } from '../terminal/text.js';

/** More than these are told only in Markdown and JSON. */
const mostIncidents = 25;
/** Sentences are easier to read where lines are not longer. */
const widest = 100;
/** Below it, columns beside each other have no room. */
const narrow = 56;

/** A backtest for a terminal of so many columns. */
export function backtestText(report: BacktestReport, terminal: number, paint: Paint): readonly string[] {
  const columns = Math.min(terminal, widest);
  const lines = (text: string) => wrap(plain(text), columns);
  const differing = report.incidents.filter(({ status }) => status !== 'same');
  return [
    paint.bold(`Backtest of ${plain(report.question.runbook)}`),
    ...lines(intro(report)),
    '',
    ...caveats(report).flatMap((text) => [...lines(text).map(paint.yellow), '']),
    ...statuses(report, columns, paint),
    '',
    ...figures(report, columns, paint),
    '',
    ...groups(report, columns, paint),
    ...differing.slice(0, mostIncidents).flatMap((one) => incident(one, columns, paint)),
    ...more(differing.length - mostIncidents, columns),
    ...leftOut(report, columns, paint),
  ];
}

function statuses(report: BacktestReport, columns: number, paint: Paint): readonly string[] {
  const indent = 18;
  return [
    paint.bold('INCIDENTS'),
    ...statusLines(report).flatMap(([name, { count, incidents }, meaning]) => {
      const which = count === 0 ? '' : name === 'same' ? meaning : `${meaning}: ${names(incidents)}`;
      const [first = '', ...rest] = which === '' ? [] : wrap(plain(which), columns - indent);
      const head = `${pad(name, 9)}  ${String(count).padStart(5)}`;
      return [`${head}  ${first}`.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)];
    }),
  ];
}

function figures(report: BacktestReport, columns: number, paint: Paint): readonly string[] {
  const all = figureLines(report);
  const meaning = (line: FigureLine) => line.meaning.flatMap((text) => hanging(text, columns, 4));
  if (columns < narrow)
    return all.flatMap((line) => {
      const both = line.recorded === '' ? [] : [`recorded ${line.recorded}, candidate ${line.candidate}`];
      return [paint.bold(line.what), ...both.flatMap((text) => hanging(text, columns, 2)), ...meaning(line)];
    });
  const what = Math.max(...all.map((line) => width(line.what)));
  const heading = `${pad('', what)}  RECORDED  CANDIDATE`;
  return [
    paint.bold(heading),
    ...all.flatMap((line) => [
      `${pad(line.what, what)}  ${line.recorded.padStart('RECORDED'.length)}  ${line.candidate}`.trimEnd(),
      ...meaning(line),
    ]),
  ];
}

/** Wrapped behind an indent, the lines after the first two columns further in. */
function hanging(text: string, columns: number, indent: number): readonly string[] {
  return wrap(plain(text), columns - indent - 2).map(
    (line, index) => `${' '.repeat(indent + (index === 0 ? 0 : 2))}${line}`,
  );
}

function groups({ sum }: BacktestReport, columns: number, paint: Paint): readonly string[] {
  if (sum.groups.length === 0) return [];
  const rows = sum.groups.map(({ kind, remedy, guardrail, incidents }) => {
    const by = guardrail === undefined ? '' : ` (${guardrail})`;
    return [remedy ?? '', `${kindWords[kind]}${by}`, String(incidents.length), names(incidents, 4)];
  });
  const [head = '', ...rest] = table(['RUNG', 'WHAT DIFFERS', 'COUNT', 'INCIDENTS'], rows, columns);
  return [paint.bold(head), ...rest, ''];
}

function incident(one: IncidentDifference, columns: number, paint: Paint): readonly string[] {
  const { incident: about, recorded, candidate, status, differences, unknown, failed } = one;
  const end = status === 'different' || status === 'same' ? (candidate.outcome ?? 'no end') : status;
  const head = `${about.shortId}  ${about.target.key}  ${about.openedAt.slice(0, 16).replace('T', ' ')}  ${recorded.outcome ?? 'no end'} → ${end}`;
  const [first = '', ...rest] = wrap(plain(head), columns - 2).map((line) => line.trimEnd());
  return [
    paint.bold(first),
    ...rest.map((line) => `  ${line}`),
    ...differences.flatMap(({ sentence }) => hanging(sentence, columns, 2)),
    ...(unknown ? hanging(unknownSentence(unknown), columns, 2).map(paint.yellow) : []),
    ...(failed === undefined
      ? []
      : hanging(`The candidate could not be run: ${failed}`, columns, 2).map(paint.red)),
    '',
  ];
}

function more(left: number, columns: number): readonly string[] {
  if (left <= 0) return [];
  return [...wrap(`… and ${left} more that differ. All of them: -o md, -o json.`, columns), ''];
}

function leftOut({ leftOut: all }: BacktestReport, columns: number, paint: Paint): readonly string[] {
  if (all.length === 0) return [];
  const shown = all
    .slice(0, mostIncidents)
    .flatMap(({ name, why }) => hanging(`${name}: ${why}`, columns, 2));
  const rest = all.length - mostIncidents;
  return [paint.bold('LEFT OUT'), ...shown, ...(rest > 0 ? [`  … and ${rest} more`] : []), ''];
}
