import type { FactOf, Rung } from '../facts.js';
import { bytes } from '../format.js';
import type { ChangeView, RungView } from '../view.js';
import { type ChangeDraftView, type Draft, enter, type RungDraft } from './draft.js';

/** The ladder of the runbook now in force, none of it climbed yet. */
export function rungsOf(ladder: readonly Rung[]): RungDraft[] {
  return ladder.map(({ remedy, title, usually }) => ({
    remedy,
    title,
    usually,
    changeIds: [],
    started: false,
  }));
}

/** Another runbook's ladder takes over: what was climbed of the old one stays in sight. */
export function changeLadder(draft: Draft, ladder: readonly Rung[]): void {
  const climbed = draft.rungs.filter(({ started, skipped }) => started || skipped !== undefined);
  draft.rungs = [...climbed, ...rungsOf(ladder)];
  draft.current = undefined;
}

export function rungStarted(draft: Draft, fact: FactOf<'rungStarted'>): void {
  const rung = lastOf(draft, fact.remedy);
  if (rung) Object.assign(rung, { started: true, skipped: undefined });
  draft.current = fact.remedy;
  enter(draft, 'climbing', fact.at);
}

export function rungSkipped(draft: Draft, fact: FactOf<'rungSkipped'>): void {
  const rung = lastOf(draft, fact.remedy);
  if (rung) rung.skipped = fact.why;
  if (draft.current === fact.remedy) draft.current = undefined;
  enter(draft, 'climbing', fact.at);
}

/** Two runbooks may have a remedy of one name: the one in force is meant. */
function lastOf(draft: Draft, remedy: string): RungDraft | undefined {
  return draft.rungs.findLast((rung) => rung.remedy === remedy);
}

/** The ladder as people see it, future rungs included. */
export function ladderView(draft: Draft): RungView[] {
  return draft.rungs.map((rung) => {
    const changes = rung.changeIds.flatMap((id) => draft.changes.get(id) ?? []);
    const { state, note } = rungState(draft, rung, changes);
    const { remedy, title, usually } = rung;
    return { remedy, title, usually, state, note, changes: changes.map(finished) };
  });
}

function rungState(
  draft: Draft,
  rung: RungDraft,
  changes: readonly ChangeDraftView[],
): Pick<RungView, 'state' | 'note'> {
  const under = changes.filter((change) => !isOver(change, draft, rung));
  if (under.length > 0 && !draft.ended) {
    return { state: 'now', note: under.map(({ why }) => why).find((why) => why !== '') ?? '' };
  }
  if (changes.some(({ effect }) => effect !== undefined)) return { state: 'done', note: notes(changes) };
  if (changes.some(({ state }) => state === 'not applied')) return { state: 'failed', note: notes(changes) };
  // What people answered says more than that the rung was passed over when the ladder was climbed again.
  if (changes.length > 0) return { state: 'skipped', note: notes(changes) || (rung.skipped ?? '') };
  if (rung.skipped !== undefined) return { state: 'skipped', note: rung.skipped };
  if (!rung.started) return { state: 'ahead', note: '' };
  return draft.current === rung.remedy && !draft.ended
    ? { state: 'now', note: '' }
    : { state: 'skipped', note: 'nothing to do' };
}

/** True where nothing more is to come of that change itself. */
function isOver(change: ChangeDraftView, draft: Draft, rung: RungDraft): boolean {
  const isCurrent = draft.current === rung.remedy;
  switch (change.state) {
    case 'planned':
    case 'awaiting decision':
    case 'awaiting lease':
    case 'going ahead':
      return !isCurrent;
    case 'applied':
      return change.settled || !isCurrent || draft.view.phase !== 'settling';
    default:
      return true;
  }
}

function notes(changes: readonly ChangeDraftView[]): string {
  const parts = changes.map(howItWent).filter((note) => note !== '');
  return [...new Set(parts)].join('; ');
}

/** One change in a few words: `freed 41 MiB; cleared 812 items`. */
export function howItWent(change: ChangeView): string {
  const { effect, freedBytes, creditedTo, state, why } = change;
  if (!effect) return state === 'planned' ? '' : why === '' ? state : `${state}: ${why}`;
  const lead = effect.status === 'applied' ? '' : `${effectWords[effect.status]}: `;
  const by = creditedTo === undefined ? '' : `${creditedTo} `;
  const freed =
    freedBytes === undefined ? [] : [freedBytes > 0 ? `${by}freed ${bytes(freedBytes)}` : 'freed nothing'];
  const undone = state === 'rolled back' ? ['undone since'] : [];
  return [...freed, `${lead}${effect.note.replace(/\.$/, '')}`, ...undone]
    .filter((part) => part !== '')
    .join('; ');
}

/** What an effect's status means, in words. */
export const effectWords = {
  applied: 'done',
  alreadyDone: 'it was so already',
  superseded: 'something else did it',
  nothing: 'sent, without effect',
} as const;

function finished(draft: ChangeDraftView): ChangeView {
  const { settled: _settled, settledNote: _note, ...view } = draft;
  return view;
}
