import type { Fact, FactOf, Rung } from '../model/facts.js';
import type { Json } from '../model/json.js';
import type { CommandPair } from './compare.js';
import type { FactPair } from './facts.js';
import type { Heard } from './heard.js';
import { ladderEdit } from './likely-ladder.js';
import { enginePlace, entityPlace, guardrailPlace, runbookPlace, rungPlace } from './places.js';
import type { Recording } from './types.js';
import type { FindingKind, Likely } from './verdict.js';

/** What a guess is made from. */
export interface Clues {
  readonly recording: Recording;
  readonly heard: Heard;
  readonly kind: FindingKind;
  readonly pair?: FactPair | undefined;
  readonly command?: CommandPair | undefined;
}

/** The edit that the difference looks like; undefined where nothing speaks for one. */
export function likely(clues: Clues): Likely | undefined {
  const { kind, recording } = clues;
  const runbook = recording.workflowType;
  if (kind === 'gone')
    return {
      edit: `${runbook} was removed or renamed, or it is a runbook from outside: name its module with --with`,
      where: 'workflows/index.ts',
    };
  const entity = entityPlace(runbook);
  if (entity) return { edit: `what ${runbook} asks for was changed`, where: entity };
  if (kind === 'failed') return undefined;
  return byFacts(clues) ?? byCommand(clues);
}

const made = (edit: string, where?: string): Likely => ({ edit, ...(where !== undefined && { where }) });

/** Of the runbook at work when it differed. */
function runbookOf({ recording, heard, pair }: Clues): string {
  const facts = recording.facts ?? heard.facts;
  const before = facts.slice(0, pair?.index ?? facts.length);
  const changed = before.findLast((fact) => fact.type === 'runbookChanged' || fact.type === 'opened');
  return changed && 'runbook' in changed ? changed.runbook : recording.workflowType;
}

function byFacts(clues: Clues): Likely | undefined {
  const { pair } = clues;
  const runbook = runbookOf(clues);
  const onLadder = ladderEdit(ladderOf(clues.recording.facts ?? []), ladderOf(clues.heard.facts), pair);
  if (onLadder) return made(onLadder, runbookPlace(runbook, 'ladder'));
  if (!pair) return undefined;
  const { expected, came } = pair;
  if (expected && came && expected.type === came.type) return sameType(runbook, expected, came, pair);
  return otherType(runbook, expected, came);
}

function ladderOf(facts: readonly Fact[]): readonly Rung[] | undefined {
  const opened = facts[0];
  return opened?.type === 'opened' ? opened.ladder : undefined;
}

/** Another type of fact came. */
function otherType(runbook: string, expected: Fact | undefined, came: Fact | undefined): Likely | undefined {
  const types = [expected?.type, came?.type];
  const has = (...wanted: readonly Fact['type'][]): boolean => wanted.some((type) => types.includes(type));
  const skipped =
    came?.type === 'rungSkipped' ? came : expected?.type === 'rungSkipped' ? expected : undefined;
  if (skipped) {
    const now = skipped === came ? 'it is left out now' : 'it is tried now';
    return made(
      `when the rung ${skipped.remedy} fits was changed: ${now}`,
      rungPlace(runbook, skipped.remedy),
    );
  }
  if (has('decisionRequested', 'refused', 'leaseWaiting'))
    return made('a guardrail or the policy judges otherwise', guardrailPlace(''));
  if (has('rungStarted', 'watching', 'verifying'))
    return made('when the ladder is left, or what counts as recovered, was changed', enginePlace('climb'));
  if (has('deadlineSet', 'deadlinePassed', 'escalated'))
    return made('how the deadline is counted was changed', enginePlace('deadline'));
  if (has('looked')) return made('a look was added, removed or moved', enginePlace('look'));
  return undefined;
}

type Teller = (runbook: string, expected: Fact, came: Fact, pair: FactPair) => Likely | undefined;

const tellers: { readonly [type in Fact['type']]?: Teller } = {
  looked: lookedOtherwise,
  planned: plannedOtherwise,
  rungStarted: (runbook, expected, came) =>
    made(
      `the order of the rungs or when they fit was changed: ${remedyOf(came)} came before ${remedyOf(expected)}`,
      runbookPlace(runbook, 'ladder'),
    ),
  rungSkipped: (runbook, expected, came) =>
    made(
      `the order of the rungs was changed: ${remedyOf(came)} came before ${remedyOf(expected)}`,
      runbookPlace(runbook, 'ladder'),
    ),
  decisionRequested: () => made('what is asked of people was changed', enginePlace('decision')),
  verifying: () => made('how long the soak takes was changed', enginePlace('verify')),
  verified: (runbook) =>
    made('a check of the verification was changed', runbookPlace(runbook, 'verification')),
  deadlineSet: () => made('how the deadline is counted was changed', enginePlace('deadline')),
  settled: () => made('how what a change freed is judged was changed', enginePlace('climb')),
  closed: (runbook) => made('how the incident ends was changed', runbookPlace(runbook, 'prevention')),
};

function sameType(runbook: string, expected: Fact, came: Fact, pair: FactPair): Likely | undefined {
  return tellers[expected.type]?.(runbook, expected, came, pair);
}

function remedyOf(fact: Fact): string {
  return 'remedy' in fact && typeof fact.remedy === 'string' ? fact.remedy : fact.type;
}

function lookedOtherwise(runbook: string, expected: Fact, came: Fact): Likely | undefined {
  const [was, now] = [expected as FactOf<'looked'>, came as FactOf<'looked'>];
  const where = runbookPlace(runbook, 'diagnosis');
  if (was.diagnosis?.level !== now.diagnosis?.level)
    return made(
      `a threshold, or how the level is measured, was changed: ${was.diagnosis?.level} → ${now.diagnosis?.level}`,
      where,
    );
  const names = ({ diagnosis }: FactOf<'looked'>): string =>
    diagnosis?.causes.map(({ name }) => name).join(', ') || 'none';
  if (names(was) !== names(now))
    return made(`the diagnosis ranks otherwise: ${names(was)} → ${names(now)}`, where);
  return made('what the diagnosis finds, or what is kept of a look, was changed', where);
}

function plannedOtherwise(
  runbook: string,
  expected: Fact,
  came: Fact,
  { all }: FactPair,
): Likely | undefined {
  const [was, now] = [expected as FactOf<'planned'>, came as FactOf<'planned'>];
  if (was.change.remedy !== now.change.remedy)
    return made(
      `the order of the rungs was changed: ${now.change.remedy} came before ${was.change.remedy}`,
      runbookPlace(runbook, 'ladder'),
    );
  if (all.some(({ path, kind }) => kind === 'value' && path.startsWith('change')))
    return made(
      `what the rung ${was.change.remedy} changes was changed`,
      rungPlace(runbook, was.change.remedy),
    );
  return guardrailEdit(was, now);
}

/** A guardrail that is gone, new, or says another thing. */
function guardrailEdit(was: FactOf<'planned'>, now: FactOf<'planned'>): Likely | undefined {
  const said = new Map(was.verdicts.map(({ guardrail, says }) => [guardrail, says]));
  const says = new Map(now.verdicts.map((verdict) => [verdict.guardrail, verdict.says]));
  for (const [name, before] of said) {
    const after = says.get(name);
    if (after === undefined)
      return made(
        `the guardrail ${name} is gone, or no longer speaks (it said: ${before})`,
        guardrailPlace(name),
      );
    if (after !== before)
      return made(`the guardrail ${name} judges otherwise: ${before} → ${after}`, guardrailPlace(name));
  }
  const added = [...says.keys()].find((name) => !said.has(name));
  return added === undefined
    ? undefined
    : made(`the guardrail ${added} is new, or speaks now`, guardrailPlace(added));
}

/** Facts tell nothing: what was asked for instead may. */
function byCommand({ command }: Clues): Likely | undefined {
  if (!command) return undefined;
  const { expected, came, all } = command;
  const wait = all.find(({ path }) => path === 'seconds');
  if (wait) return waited(expected.name, wait.recorded, wait.now);
  const part = came?.kind === 'activity' ? came.name : expected.name;
  if (expected.kind === 'activity' && came?.kind === 'activity' && expected.name === came.name)
    return made(`what the activity ${part} is given was changed`, enginePlace(placeOf(part)));
  if (expected.kind === 'timer' || came?.kind === 'timer')
    return made(
      came?.kind === 'timer'
        ? 'a timer was added or moved'
        : 'a timer was removed, or something came before it',
    );
  if (came?.kind === 'activity')
    return made(`the activity ${came.name} was added or moved`, enginePlace(placeOf(came.name)));
  if (expected.kind === 'activity')
    return made(`the activity ${expected.name} was removed or moved`, enginePlace(placeOf(expected.name)));
  return undefined;
}

function waited(name: string, was: Json | undefined, now: Json | undefined): Likely {
  const longer = Number(now) > Number(was) ? 'longer' : 'shorter';
  return name === ''
    ? made(`a timer got ${longer}: ${was} s → ${now} s`)
    : made(`a wait got ${longer}: ${was} s → ${now} s`, enginePlace(placeOf(name)));
}

function placeOf(activity: string): string {
  return activity === 'sample' ? 'climb' : activity;
}
