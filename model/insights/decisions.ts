import { behind } from './behind.js';
import { groupBy, spread } from './statistics.js';
import { thresholds } from './thresholds.js';
import type { AutonomyCandidate, DecisionInsight, DropCandidate, Question, Told } from './types.js';

interface Asked {
  readonly incident: Told;
  readonly question: Question;
}

function allAsked(incidents: readonly Told[]): readonly Asked[] {
  return incidents.flatMap((incident) => incident.told.questions.map((question) => ({ incident, question })));
}

const answered = (asked: readonly Asked[], answer: Question['answer']): readonly Asked[] =>
  asked.filter(({ question }) => question.answer === answer);

const incidentsOf = (asked: readonly Asked[]) => asked.map(({ incident }) => incident);

/** How people answered, and how long it took them. */
export function decisionInsight(incidents: readonly Told[]): DecisionInsight {
  const asked = allAsked(incidents);
  const approved = answered(asked, 'approved');
  const rejected = answered(asked, 'rejected');
  const expired = answered(asked, 'expired');
  const answeredAfter = spread([...approved, ...rejected].map(({ question }) => question.seconds));
  return {
    asked: asked.length,
    approved: approved.length,
    rejected: rejected.length,
    expired: expired.length,
    void: answered(asked, 'void').length,
    ...(answeredAfter && { answeredAfter }),
    slowHours: slowHours([...approved, ...rejected, ...expired]),
    behind: behind(incidentsOf(asked)),
    behindExpired: behind(incidentsOf(expired)),
  };
}

const quarter = 6;

/** A quarter of the day, by the clock of UTC, in which the median wait is a multiple of that of all the rest. */
function slowHours(waited: readonly Asked[]): DecisionInsight['slowHours'] {
  const quarterOf = ({ question }: Asked): number =>
    Math.floor(new Date(question.at).getUTCHours() / quarter);
  return [0, 1, 2, 3].flatMap((which) => {
    const inside = waited.filter((one) => quarterOf(one) === which);
    const outside = waited.filter((one) => quarterOf(one) !== which);
    if (Math.min(inside.length, outside.length) < thresholds.hourQuestions) return [];
    const slow = spread(inside.map(({ question }) => question.seconds));
    const usual = spread(outside.map(({ question }) => question.seconds));
    if (!slow || !usual || slow.median < thresholds.hourFactor * usual.median) return [];
    return [
      {
        fromHour: which * quarter,
        toHour: (which + 1) * quarter,
        waited: slow,
        otherwise: usual,
        expired: answered(inside, 'expired').length,
        behind: behind(incidentsOf(inside)),
      },
    ];
  });
}

/**
 * Kinds of change that a target's people always approved: none rejected, none that made it worse, and more autonomy
 * would really spare the question (nothing else asked for it, and it is still asked).
 */
export function autonomyCandidates(incidents: readonly Told[]): readonly AutonomyCandidate[] {
  const groups = groupBy(
    allAsked(incidents),
    ({ incident, question }) => `${incident.targetKey}\n${question.kind}`,
  );
  return [...groups.values()]
    .flatMap((asked) => candidate(asked, incidents) ?? [])
    .sort((a, b) => b.approved - a.approved);
}

function candidate(asked: readonly Asked[], incidents: readonly Told[]): AutonomyCandidate | undefined {
  const [first] = asked;
  if (!first) return undefined;
  const { kind } = first.question;
  const target = first.incident.targetKey;
  const approved = answered(asked, 'approved').filter(({ question }) => onlyForAutonomy(question));
  const measured = approved.filter(({ question }) => question.helped !== undefined);
  const helped = measured.filter(({ question }) => question.helped);
  const tries = incidents
    .filter(({ targetKey }) => targetKey === target)
    .flatMap(({ told, openedAt }) => told.tries.map((one) => ({ ...one, openedAt })))
    .filter((one) => one.kind === kind);
  const fits =
    approved.length >= thresholds.autonomyApprovals &&
    answered(asked, 'rejected').length === 0 &&
    !tries.some(({ worse }) => worse) &&
    !asked.some(({ question }) => question.alwaysAsk || question.disruption === 'dataLoss') &&
    measured.length > 0 &&
    helped.length >= thresholds.autonomyHelped * measured.length &&
    stillAsked(tries);
  if (!fits) return undefined;
  return {
    target,
    kind,
    approved: approved.length,
    expired: answered(asked, 'expired').length,
    helped: helped.length,
    measured: measured.length,
    behind: behind(incidentsOf(approved)),
  };
}

function onlyForAutonomy({ askedBy }: Question): boolean {
  return askedBy.length === 1 && askedBy[0] === 'autonomy';
}

/** The latest change of its kind was asked about: the configuration has not been changed since. */
function stillAsked(tries: readonly { readonly openedAt: string; readonly asked: boolean }[]): boolean {
  const latest = Math.max(...tries.map(({ openedAt }) => Date.parse(openedAt)));
  return tries.some(({ openedAt, asked }) => Date.parse(openedAt) === latest && asked);
}

/** Rungs that a target's people always rejected. */
export function dropCandidates(incidents: readonly Told[]): readonly DropCandidate[] {
  const groups = groupBy(
    allAsked(incidents),
    ({ incident, question }) => `${incident.targetKey}\n${question.remedy}`,
  );
  return [...groups.values()]
    .flatMap((asked) => {
      const rejected = answered(asked, 'rejected');
      const [first] = rejected;
      if (!first || rejected.length < thresholds.dropRejections || answered(asked, 'approved').length > 0)
        return [];
      const { incident, question } = first;
      const about = { target: incident.targetKey, remedy: question.remedy };
      return [{ ...about, rejected: rejected.length, behind: behind(incidentsOf(rejected)) }];
    })
    .sort((a, b) => b.rejected - a.rejected);
}
