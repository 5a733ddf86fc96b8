import { type Change, changeHash, completeChange } from './change.js';
import type { Diagnosis } from './diagnosis.js';
import type { Circumstances } from './guardrails/index.js';
import { judge, ruling } from './guardrails/index.js';
import type { Verdict } from './guardrails/verdict.js';
import type { AnyLook } from './look.js';
import type { Proposal, Runbook } from './runbook.js';

/** One exact change of a dry run, with what the guardrails would say to it now. */
export interface PlannedChange {
  readonly change: Change;
  /** What a person would approve. */
  readonly hash: string;
  readonly verdicts: readonly Verdict[];
  readonly ruling: Verdict['says'];
}

/** One rung of a dry run: its changes, or why it would be left out. */
export interface PlannedRung {
  readonly remedy: string;
  readonly title: string;
  readonly usually: string;
  readonly skip?: string;
  readonly changes: readonly PlannedChange[];
}

/** The whole ladder as it would be climbed on this look, if no rung helped. */
export interface LadderPlan {
  readonly diagnosis: Diagnosis;
  readonly rungs: readonly PlannedRung[];
}

/** As for the guardrails; the level is the measured one where none is given. */
export type PlanCircumstances = Omit<Circumstances, 'level'> & { readonly level?: Circumstances['level'] };

/** Why the measure could not be read, the look says: once is enough. */
const blind: Proposal = { skip: 'nothing is changed blind' };

/**
 * The dry run: the same diagnosis, proposals, kinds and guardrails as the incident's own, on one look, with nothing
 * carried out. Every rung is planned as if those before it had freed nothing. Of a blind look nothing is planned: an
 * incident looks again, and then tells people.
 */
export function planLadder<L extends AnyLook>(
  runbook: Runbook<L>,
  look: L,
  circumstances: PlanCircumstances,
): LadderPlan {
  const diagnosis = runbook.diagnose(look, []);
  const known = { ...circumstances, level: circumstances.level ?? diagnosis.level };
  let number = 0;
  const rungs = runbook.ladder.map((rung) => {
    const { name: remedy, title, usually } = rung;
    const about = { remedy, title, usually };
    const proposal = look.measure === undefined ? blind : rung.propose(look, diagnosis);
    if ('skip' in proposal) return { ...about, skip: proposal.skip, changes: [] };
    const changes = proposal.changes.map((draft) => {
      const kind = runbook.changeKinds.find((each) => each.kind === draft.kind);
      if (!kind) throw new Error(`runbook ${runbook.name} has no kind of change named ${draft.kind}`);
      number += 1;
      return judged(completeChange(kind, draft, look, { id: `plan/${number}`, remedy }), look, known);
    });
    return { ...about, changes };
  });
  return { diagnosis, rungs };
}

function judged(change: Change, look: AnyLook, circumstances: Circumstances): PlannedChange {
  const verdicts = judge(change, look, circumstances);
  return { change, hash: changeHash(change), verdicts, ruling: ruling(verdicts) };
}
