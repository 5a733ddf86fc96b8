import { isGap } from '../evidence.js';
import type { Fact } from '../facts.js';
import { fold } from '../fold.js';
import { leakLeads } from '../memory/right-size.js';
import type { IncidentView } from '../view.js';
import { questionsOf } from './questions.js';
import { triesOf } from './tries.js';
import type { ClosedIncident, IncidentSummary, PeakMemory, SummedGap } from './types.js';

/** Of each kind of thing, so many are kept at most: an incident that went astray must not fill the memory. */
const most = 50;
const longest = 300;

/** What the insights keep of one incident. Pure; no facts are a run without a result. */
export function summarise(incident: ClosedIncident, facts: readonly Fact[] | undefined): IncidentSummary {
  const { shortId, targetKey, runbook, status, openedAt, closedAt } = incident;
  const about = { shortId, targetKey, runbook, status, openedAt, closedAt };
  const view = facts && fold(facts);
  if (!facts || !view?.outcome) return about;
  const alerts = view.alerts.filter(({ expected }) => expected === undefined);
  const tries = triesOf(view, facts);
  const memory = memoryOf(view);
  return {
    ...about,
    told: {
      outcome: view.outcome,
      rehearsal: view.observeOnly,
      byPerson: view.openedBy.startsWith('person:'),
      alerts: few(alerts.map(({ alert }) => alert.name)),
      tries: tries.slice(0, most),
      questions: questionsOf(facts, view).slice(0, most),
      ...(memory && { memory }),
      gaps: gapsOf(view, facts).slice(0, most),
      escalations: few(escalationsOf(view)),
    },
  };
}

function few(texts: readonly string[]): readonly string[] {
  return [...new Set(texts.map(short))].slice(0, most);
}

function short(text: string): string {
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

function escalationsOf({ escalations, outcome, outcomeWhy }: IncidentView): readonly string[] {
  if (escalations.length > 0) return escalations.map(({ why }) => why);
  return outcome === 'escalated' ? [outcomeWhy ?? 'no reason given'] : [];
}

/** Only of a container against a limit of its own: what a host or a process has is no limit that could be set. */
function memoryOf(view: IncidentView): PeakMemory | undefined {
  const { target, measure, history, workedOn, diagnosis } = view;
  if (target.kind !== 'container' || measure?.against !== 'its own limit') return undefined;
  const used = history.filter((sample) => sample.used !== undefined);
  const [top] = used.sort((a, b) => (b.used ?? 0) - (a.used ?? 0));
  if (top?.used === undefined) return undefined;
  return {
    peakBytes: top.used,
    limitBytes: top.limit ?? measure.limit,
    killed: wasKilled(view),
    leaking: leakLeads(workedOn ?? diagnosis),
  };
}

/** A kill shortly before the incident, or one that was counted while it ran. */
function wasKilled({ evidence, history }: IncidentView): boolean {
  const recent = evidence.find(({ name }) => name === 'oomKills.recent');
  if (recent && !isGap(recent) && Number(recent.value) > 0) return true;
  const counted = history.flatMap(({ kills }) => kills ?? []);
  return counted.some((kills, n) => n > 0 && kills > (counted[n - 1] as number));
}

function gapsOf(view: IncidentView, facts: readonly Fact[]): readonly SummedGap[] {
  const keyOf = (name: string, source: string): string => `${name}\n${source}`;
  const read = new Set(
    facts.flatMap((fact) =>
      fact.type === 'looked' ? fact.evidence.map(({ name, source }) => keyOf(name, source)) : [],
    ),
  );
  const gaps = new Map<string, SummedGap>();
  for (const gap of view.gaps) {
    if (!isGap(gap)) continue;
    const { name, source } = gap;
    const key = keyOf(name, source);
    gaps.set(key, { name: short(name), source: short(source), why: short(gap.gap), alsoRead: read.has(key) });
  }
  return [...gaps.values()];
}
