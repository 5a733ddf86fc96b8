import type { Alert } from './alert.js';
import type { Fact, FactOf } from './facts.js';
import * as changes from './fold/changes.js';
import { type Draft, emptyDraft, enter } from './fold/draft.js';
import { changeLadder, ladderView, rungSkipped, rungStarted, rungsOf } from './fold/ladder.js';
import { looked, measuredAt, sampled } from './fold/readings.js';
import { tell } from './fold/story.js';
import type { IncidentView } from './view.js';

export { withSamples } from './fold/readings.js';

/**
 * The one fold: an incident's facts, in the order in which they were recorded, made into what people see.
 * Pure and deterministic, so that it runs in workflows, clients and reports alike. A fact about a change whose
 * plan is not among the facts is told in the timeline and changes nothing else.
 */
export function fold(facts: readonly Fact[]): IncidentView {
  const draft = emptyDraft();
  for (const fact of facts) {
    const text = tell(draft, fact);
    take(draft, fact);
    if (text !== undefined) draft.view.timeline = [...draft.view.timeline, { at: fact.at, text }];
  }
  draft.view.ladder = ladderView(draft);
  return draft.view;
}

type Taker<Type extends Fact['type']> = (draft: Draft, fact: FactOf<Type>) => void;

function take(draft: Draft, fact: Fact): void {
  const taker = takers[fact.type] as Taker<typeof fact.type>;
  taker(draft, fact as never);
}

/** Told in the timeline, and nothing else comes of it. */
const onlyTold = (): void => undefined;

const takers: { readonly [Type in Fact['type']]: Taker<Type> } = {
  opened,
  alert: alertTaken,
  alertRepeated: (draft, { fingerprint, times }) =>
    changeAlert(draft, fingerprint, (held) => ({ ...held, repeats: Math.max(held.repeats, times) })),
  alertResolved: (draft, { fingerprint }) =>
    changeAlert(draft, fingerprint, (held) => ({ ...held, resolved: true })),
  runbookChanged,
  looked,
  rungSkipped,
  rungStarted,
  planned: changes.planned,
  refused: changes.refused,
  decisionRequested: changes.decisionRequested,
  reminded: changes.reminded,
  answered: changes.answered,
  decided: changes.decided,
  leaseWaiting: changes.leaseWaiting,
  leased: changes.goingAhead,
  goingAhead: changes.goingAhead,
  undoRegistered: changes.undoRegistered,
  applied: (draft, fact) => {
    changes.applied(draft, fact);
    measuredAt(draft, fact.at, fact.measure);
  },
  notApplied: changes.notApplied,
  settled: (draft, fact) => {
    changes.settled(draft, fact);
    sampled(draft, fact.samples);
  },
  samples: (draft, fact) => sampled(draft, fact.samples),
  verified,
  rolledBack: changes.rolledBack,
  watching: (draft, { at, until }) => {
    draft.current = undefined;
    enter(draft, 'watching', at, until);
  },
  verifying,
  paused: ({ view }, { by, reason, until }) => {
    view.paused = { by, reason, until };
  },
  resumed: ({ view }) => {
    view.paused = undefined;
  },
  cancelRequested: onlyTold,
  deadlineSet: ({ view }, { due }) => {
    view.deadline = due;
  },
  deadlinePassed: onlyTold,
  escalated,
  notified: ({ view }, fact) => {
    view.notifications = [...view.notifications, fact];
  },
  rehearsalEnded: ({ view }) => {
    view.observeOnly = false;
  },
  noted: onlyTold,
  closed,
};

function opened(draft: Draft, fact: FactOf<'opened'>): void {
  const { target, runbook, runbookVersion, product, by, shortId, runId, ladder, observeOnly, at } = fact;
  const rerun = fact.rerunOf === undefined ? {} : { rerunOf: fact.rerunOf };
  const about = { target, runbook, runbookVersion, product, shortId, runId, observeOnly, ...rerun };
  Object.assign(draft.view, { ...about, openedAt: at, openedBy: by, phaseSince: at });
  draft.rungs = rungsOf(ladder);
}

function alertTaken(draft: Draft, fact: FactOf<'alert'>): void {
  const { view } = draft;
  const { alert, expected } = fact;
  if (expected === undefined && alert.severity === 'critical') view.severity = 'critical';
  const known = view.alerts.find((held) => held.alert.fingerprint === alert.fingerprint);
  const entry = {
    alert,
    resolved: alert.status === 'resolved',
    repeats: known?.repeats ?? 0,
    ...(expected === undefined ? {} : { expected }),
  };
  view.alerts = known ? view.alerts.map((held) => (held === known ? entry : held)) : [...view.alerts, entry];
}

type HeldAlert = IncidentView['alerts'][number] & { readonly alert: Alert };

function changeAlert(draft: Draft, fingerprint: string, change: (held: HeldAlert) => HeldAlert): void {
  draft.view.alerts = draft.view.alerts.map((held) =>
    held.alert.fingerprint === fingerprint ? change(held) : held,
  );
}

function runbookChanged(draft: Draft, fact: FactOf<'runbookChanged'>): void {
  draft.view.runbook = fact.runbook;
  draft.view.runbookVersion = fact.runbookVersion;
  changeLadder(draft, fact.ladder);
}

function verifying(draft: Draft, { at, seconds }: FactOf<'verifying'>): void {
  draft.current = undefined;
  enter(draft, 'verifying', at, later(at, seconds));
}

function later(at: string, seconds: number): string {
  return new Date(Date.parse(at) + seconds * 1000).toISOString();
}

function escalated({ view }: Draft, { at, why, severity, points }: FactOf<'escalated'>): void {
  if (severity === 'critical') view.severity = 'critical';
  view.escalations = [...view.escalations, { at, why, ...(points && { points }) }];
}

function verified(draft: Draft, fact: FactOf<'verified'>): void {
  draft.view.verification = { passed: fact.passed, checks: fact.checks };
  draft.current = undefined;
  sampled(draft, fact.samples);
  enter(draft, fact.passed ? 'closing' : 'climbing', fact.at);
}

function closed(draft: Draft, fact: FactOf<'closed'>): void {
  const { outcome, why, recommendations, stays, at } = fact;
  draft.ended = true;
  changes.unsent(draft);
  enter(draft, 'closed', at);
  const gone = { openDecision: undefined, paused: undefined };
  Object.assign(draft.view, {
    ...gone,
    outcome,
    outcomeWhy: why,
    closedAt: at,
    recommendations,
    stays,
  });
}
