import { count, dateTime, duration } from '../format.js';
import { cell, text } from '../report/escape.js';
import type { IncidentDifference, LadderRow } from './difference.js';
import { caveats, figureLines, statusLines } from './figures.js';
import type { BacktestReport } from './report.js';
import { kindWords, moveText, names } from './words.js';

/**
 * As many characters as ladders may take: the comment of a merge request holds 65,536. Incidents beyond it are told
 * in a line each.
 */
const room = 45_000;

/** A backtest for a merge request: the sum, then each incident that differs with its two ladders side by side. */
export function backtestMarkdown(report: BacktestReport): string {
  const lines = [
    `# Backtest of ${text(report.question.runbook)}`,
    '',
    text(intro(report)),
    '',
    ...caveats(report).flatMap((line) => [`> ${text(line)}`, '']),
    ...sumSection(report),
    ...groupSection(report),
    ...incidentSections(report),
    ...sameSection(report),
    ...leftOutSection(report),
    `Written by ${text(report.product)}. What a backtest can tell and what it can't: docs/backtest.md.`,
  ];
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

/** What was compared with what, in one sentence. */
export function intro({ question, product, sum }: BacktestReport): string {
  const { since, until, target, policy, modules } = question;
  const on = target === undefined ? '' : ` on ${target}`;
  const span = `${since === undefined ? '' : ` since ${dateTime(since)}`}${until === undefined ? '' : ` until ${dateTime(until)}`}`;
  const code = [product, ...modules].join(' and ');
  const rules = policy === undefined ? 'the policies that were in force' : `the policies of ${policy}`;
  return `${count(sum.incidents, 'recorded incident')}${on}${span}, worked again by ${code} under ${rules}.`;
}

function sumSection(report: BacktestReport): readonly string[] {
  return [
    '| incidents | | |',
    '| --- | ---: | --- |',
    ...statusLines(report).map(([name, figure, meaning]) => {
      const which = figure.count === 0 || name === 'same' ? '' : `: ${names(figure.incidents)}`;
      return `| ${name} | ${figure.count} | ${cell(`${meaning}${which}`)} |`;
    }),
    '',
    '| | recorded | candidate | |',
    '| --- | ---: | ---: | --- |',
    ...figureLines(report).map(
      ({ what, recorded, candidate, meaning }) =>
        `| ${what} | ${recorded} | ${candidate} | ${meaning.map(cell).join('<br>')} |`,
    ),
    '',
  ];
}

function groupSection({ sum }: BacktestReport): readonly string[] {
  if (sum.groups.length === 0) return [];
  return [
    '## What differs',
    '',
    '| rung | difference | incidents | |',
    '| --- | --- | ---: | --- |',
    ...sum.groups.map(({ title, kind, guardrail, incidents }) => {
      const by = guardrail === undefined ? '' : ` (guardrail ${guardrail})`;
      return `| ${cell(title ?? '')} | ${cell(`${kindWords[kind]}${by}`)} | ${incidents.length} | ${cell(names(incidents))} |`;
    }),
    '',
  ];
}

function incidentSections({ incidents }: BacktestReport): readonly string[] {
  const differing = incidents.filter(({ status }) => status !== 'same');
  const lines: string[] = [];
  const brief: string[] = [];
  let left = room;
  for (const one of differing) {
    const section = incidentSection(one);
    const length = section.join('\n').length;
    left -= length;
    if (left > 0) lines.push(...section);
    else brief.push(`- ${heading(one)}: ${text(inShort(one))}`);
  }
  if (brief.length === 0) return lines;
  return [...lines, '## More that differ', '', 'Their ladders are in the JSON.', '', ...brief, ''];
}

function heading({ incident, status, recorded, candidate }: IncidentDifference): string {
  const now = status === 'different' ? (candidate.outcome ?? 'no end') : status;
  return text(`${incident.shortId} ${incident.target.key}: ${recorded.outcome ?? 'no end'} → ${now}`);
}

function inShort({ differences, unknown, failed }: IncidentDifference): string {
  const kinds = [
    ...new Set(
      differences.map(({ kind, title }) => `${title === undefined ? '' : `${title} `}${kindWords[kind]}`),
    ),
  ];
  const ends = [
    ...(unknown ? [`unknown: ${unknown.why}`] : []),
    ...(failed === undefined ? [] : [`failed: ${failed}`]),
  ];
  return [...kinds, ...ends].join('; ');
}

function incidentSection(one: IncidentDifference): readonly string[] {
  const { incident, differences, unknown, failed, ladder } = one;
  return [
    `## ${heading(one)}`,
    '',
    text(
      `${incident.runbook}, opened ${dateTime(incident.openedAt)} for ${incident.alerts.join(', ') || 'a person'}.`,
    ),
    '',
    ...differences.map(({ sentence }) => `- ${text(sentence)}`),
    ...(unknown ? [`- ${text(unknownSentence(unknown))}`] : []),
    ...(failed === undefined ? [] : [`- ${text(`The candidate could not be run: ${failed}`)}`]),
    '',
    '| recorded | candidate |',
    '| --- | --- |',
    ...ladder.filter(({ mark }) => mark !== 'beyond').map(row),
    ...(unknown ? [`| | **${cell(`Unknown from here: ${unknown.why}`)}** |`] : []),
    ...ladder.filter(({ mark }) => mark === 'beyond').map(row),
    '',
  ];
}

/** The point from which nothing is known, in a sentence. */
export function unknownSentence({ why, afterSeconds }: NonNullable<IncidentDifference['unknown']>): string {
  return `Unknown from here (${afterSeconds < 1 ? 'at once' : `after ${duration(afterSeconds)}`}): ${why}`;
}

function row({ mark, recorded, candidate }: LadderRow): string {
  const then = recorded ? cell(moveText(recorded)) : '';
  const now = candidate ? cell(moveText(candidate)) : '';
  if (mark === 'beyond') return `| *${then}* | *not known* |`;
  const bold = (words: string) => (words === '' ? '' : `**${words}**`);
  return mark === 'different' ? `| ${bold(then)} | ${bold(now)} |` : `| ${then} | ${now} |`;
}

function sameSection({ sum }: BacktestReport): readonly string[] {
  if (sum.same.count === 0) return [];
  return [
    '## The same',
    '',
    `${count(sum.same.count, 'incident')}: ${text(names(sum.same.incidents, 60))}`,
    '',
  ];
}

function leftOutSection({ leftOut }: BacktestReport): readonly string[] {
  if (leftOut.length === 0) return [];
  const shown = leftOut.slice(0, 30).map(({ name, why }) => `- ${text(name)}: ${text(why)}`);
  const more = leftOut.length > 30 ? [`- and ${leftOut.length - 30} more`] : [];
  return ['## Left out', '', ...shown, ...more, ''];
}
