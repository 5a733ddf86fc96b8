import { compare } from '../../../model/backtest/compare.js';
import type { IncidentDifference, LeftOut } from '../../../model/backtest/difference.js';
import { type BacktestReport, backtestReport } from '../../../model/backtest/report.js';
import { pairOf } from './recorded.js';
import { type Step, tale } from './tale.js';

const restart = 'restart-container';
const clear = 'clear-caches';
const done: readonly Step[] = [{ soak: 30, passed: true }, { end: 'recovered' }];

/** One incident of everything that a review may have to look at. */
export const example: readonly IncidentDifference[] = [
  pair('aaaa2222', [{ rung: clear, how: 'auto' }, ...done], [{ rung: clear, how: 'auto' }, ...done]),
  pair(
    'bbbb3333',
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'approved', after: 423 }, ...done],
    [{ rung: clear, how: 'auto', helped: false }, { rung: restart, how: 'auto' }, ...done],
  ),
  pair(
    'cccc4444',
    [{ rung: restart, how: 'auto' }, ...done],
    [
      { skip: restart, why: 'memory grows slowly: 3 h are left | until the `limit`' },
      { rung: 'collect-garbage', how: 'sent' },
    ],
    { asked: 'carryOut', why: "'Relieve cccc4444' was never carried out before anything was changed", at: 1 },
  ),
  pair(
    'dddd5555',
    [{ skip: clear, why: 'no cache is configured' }, { rung: restart, how: 'approved' }, ...done],
    [
      { skip: clear, why: 'no cache is configured' },
      { rung: restart, how: 'refused', why: 'autonomy is observe (for this target)' },
      { escalate: 'no remedy is left' },
      { end: 'escalated' },
    ],
  ),
  compare(
    pairOf(tale('eeee6666', { rung: restart, how: 'auto' }, ...done), [], {
      failed: 'runbook.ladder is not iterable',
    }),
  ),
  pair(
    'ffff7777',
    [{ watch: 600 }, { escalate: 'the deadline has passed' }, { end: 'escalated' }],
    [{ watch: 60 }, { rung: 'restart-service', how: 'approvedByTwo' }, ...done],
  ),
];

const leftOut: readonly LeftOut[] = [
  { name: 'gggg2222 docker/local/agent', why: 'it was terminated, so it has no facts' },
];

/** The same as a whole backtest. */
export function exampleReport(more: Partial<BacktestReport> = {}): BacktestReport {
  const question = {
    runbook: 'MEM-001',
    since: '2026-08-24T00:00:00.000Z',
    policy: 'candidate.yaml',
    modules: [],
    paths: [],
  };
  const about = { question, product: 'nightshift 0.1.0', complete: true, leftOut };
  return { ...backtestReport(about, example, (key) => key !== 'docker/local/dddd5555'), ...more };
}

function pair(
  id: string,
  recorded: readonly Step[],
  candidate: readonly Step[],
  unknown?: { readonly asked: string; readonly why: string; readonly at: number },
): IncidentDifference {
  const facts = tale(id, ...candidate);
  const begin = Date.parse(facts[0]?.at ?? '');
  const more = unknown && {
    unknown: { ...unknown, at: new Date(begin + unknown.at * 1000).toISOString() },
    stretchedSeconds: 95,
  };
  return compare(pairOf(tale(id, ...recorded), facts, more));
}
