import { isGap } from '../evidence.js';
import { phaseWords } from '../fold/story.js';
import { byteRate, clock, count, dateTime, duration, percent, secondsBetween, sentence } from '../format.js';
import type { Recommendation } from '../runbook.js';
import type { IncidentView } from '../view.js';
import { block, cell, code, prose, text } from './escape.js';
import { ladderSection } from './ladder.js';
import { memorySection } from './memory.js';
import { headline, summary } from './summary.js';

/** An incident, told: the finished one as its report, a running one as it stands. Markdown, ending in a newline. */
export function markdown(view: IncidentView): string {
  const lines = [
    `# ${text(headline(view))}`,
    '',
    text(summary(view)),
    '',
    ...facts(view),
    ...escalationSection(view),
    ...diagnosisSection(view),
    ...ladderSection(view),
    ...verificationSection(view),
    ...rollbackSection(view),
    ...memorySection(view),
    ...gapSection(view),
    ...recommendationSection(view),
    ...timelineSection(view),
    `Written by ${text(view.product)}.`,
  ];
  return `${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`;
}

function facts(view: IncidentView): readonly string[] {
  const { closedAt } = view;
  const ended = closedAt
    ? [
        [
          'closed',
          `${dateTime(closedAt)}, ${view.outcome ?? ''} after ${duration(secondsBetween(view.openedAt, closedAt))}`,
        ],
      ]
    : [['now', view.paused ? `paused by ${view.paused.by}: ${view.paused.reason}` : phaseWords[view.phase]]];
  const rows = [
    ['incident', `${view.shortId} (run ${view.runId})`],
    ['target', view.target.key],
    ['runbook', `${view.runbook}, version ${view.runbookVersion}`],
    ['severity', view.severity],
    ['opened', `${dateTime(view.openedAt)} by ${view.openedBy}${view.observeOnly ? ', as a rehearsal' : ''}`],
    ...(view.rerunOf === undefined
      ? []
      : [['rerun of', `${view.rerunOf}: nightshift incident show ${view.rerunOf}`]]),
    ...ended,
    ...view.alerts.map((held) => ['alert', alertCell(held)]),
    ...view.escalations.map(({ at, why }) => ['escalated', `${clock(at)}: ${why}`]),
  ];
  return ['| | |', '| --- | --- |', ...rows.map(([name, value]) => `| ${name} | ${cell(value ?? '')} |`), ''];
}

function alertCell({ alert, resolved, expected, repeats }: IncidentView['alerts'][number]): string {
  const state = resolved ? 'resolved' : 'still firing';
  const again = repeats > 0 ? `, repeated ${count(repeats, 'time')}` : '';
  const why = expected === undefined ? '' : `, expected: ${expected}`;
  return `${alert.name} (${alert.severity}), ${state}${again}${why}`;
}

/** What the runbook gives to whoever takes over. The last escalation knows most. */
function escalationSection({ escalations }: IncidentView): readonly string[] {
  const points = escalations.findLast((one) => one.points !== undefined)?.points ?? [];
  if (points.length === 0) return [];
  return ['## For whoever takes over', '', ...points.map((point) => `- ${text(point)}`), ''];
}

function diagnosisSection({ diagnosis: latest, workedOn }: IncidentView): readonly string[] {
  const diagnosis = workedOn ?? latest;
  if (!diagnosis) return [];
  const { growth, causes, level, levelWhy } = diagnosis;
  const left =
    growth?.secondsToLimit === undefined
      ? ''
      : `; at that rate the limit is reached in ${duration(growth.secondsToLimit)}`;
  const growing = growth
    ? [
        `Growth: ${byteRate(growth.bytesPerSecond)} over ${duration(growth.overSeconds)} (${count(growth.samples, 'sample')})${left}.`,
        '',
      ]
    : [];
  return [
    '## Diagnosis',
    '',
    `Level ${level}: ${text(sentence(levelWhy))}`,
    '',
    ...growing,
    ...(latest && latest !== diagnosis
      ? [`At the last look: level ${latest.level}, ${text(sentence(latest.levelWhy))}`, '']
      : []),
    ...(causes.length === 0 ? ['The cause can’t be told from what could be read.', ''] : []),
    ...causes.flatMap((cause, index) => [
      `${index + 1}. **${text(cause.name)}** (weight ${cause.weight.toFixed(2)}): ${text(sentence(cause.summary))}`,
      ...(cause.object === undefined ? [] : [`   - concerns: ${text(cause.object)}`]),
      ...cause.evidenceFor.map((line) => `   - for: ${text(line)}`),
      ...cause.evidenceAgainst.map((line) => `   - against: ${text(line)}`),
    ]),
    '',
  ];
}

function verificationSection({ verification, outcome }: IncidentView): readonly string[] {
  if (!verification) return outcome === undefined ? [] : ['## Verification', '', 'None was made.', ''];
  return [
    `## Verification: ${verification.passed ? 'passed' : 'failed'}`,
    '',
    ...verification.checks.map(
      ({ name, passed, note }) => `- [${passed ? 'x' : ' '}] ${text(name)}: ${text(note)}`,
    ),
    '',
  ];
}

function rollbackSection({ rollbacks, stays }: IncidentView): readonly string[] {
  if (rollbacks.length === 0 && stays.length === 0) return [];
  const undone = rollbacks.map(({ sentence: what, error, command, effect }) =>
    error === undefined
      ? `- undone: ${text(sentence(what))}${effect ? ` ${text(sentence(effect.note))}` : ''}`
      : `- **could not be undone**: ${text(what)}: ${text(sentence(error))} By hand: ${code(command)}`,
  );
  return ['## Undone, and what stays', '', ...undone, ...stays.map((line) => `- stays: ${prose(line)}`), ''];
}

function gapSection({ gaps }: IncidentView): readonly string[] {
  const unread = gaps.filter(isGap);
  if (unread.length === 0) return [];
  return [
    '## What could not be read',
    '',
    ...unread.map(
      ({ name, source, gap, subject }) =>
        `- ${text(name)}${subject === undefined ? '' : ` of ${text(subject)}`} (${text(source)}): ${text(gap)}`,
    ),
    '',
  ];
}

function recommendationSection({ recommendations }: IncidentView): readonly string[] {
  if (recommendations.length === 0) return [];
  return ['## Recommendations', '', ...recommendations.flatMap(recommendation)];
}

function recommendation({ title, why, snippet }: Recommendation): readonly string[] {
  return [
    `### ${text(title)}`,
    '',
    prose(sentence(why)),
    '',
    ...(snippet ? [...block(snippet.language, snippet.text), ''] : []),
  ];
}

function timelineSection({ timeline }: IncidentView): readonly string[] {
  return [
    '## Timeline',
    '',
    '| time (UTC) | what |',
    '| --- | --- |',
    ...timeline.map(({ at, text: line }) => `| ${clock(at)} | ${cell(line)} |`),
    '',
  ];
}

/** One line for lists: `96 % of its own limit`. */
export function figure({ measure }: IncidentView): string {
  return measure ? `${percent(measure.percent)} of ${measure.against}` : 'not read';
}
