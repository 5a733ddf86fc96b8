/** What the runbook makes of a recording, and whether that is right. */
import { completeChange } from '../../../model/change.js';
import { kubernetesKinds } from '../../../model/changes/kubernetes/index.js';
import type { Diagnosis } from '../../../model/diagnosis.js';
import { anyRunbook } from '../../../model/runbook.js';
import { agentBrunoHighMemoryUsage as runbook } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import { causes } from '../../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import type { Recording } from './collect.js';
import { lookOf } from './look.js';

export interface Judgement {
  readonly row: string;
  readonly seed: number;
  /** The first cause, or `nothing wrong`. */
  readonly said: string;
  readonly verdict: 'right' | "can't tell" | 'wrong';
  /**
   * Disruptive changes against what is not wrong: for a wrong cause whether a person is asked or not, since nobody would
   * know better at night; where the cause can't be told those that would go without a person.
   */
  readonly harmful: readonly string[];
  /** Disruptive changes of which a person would be asked because the cause can't be told. */
  readonly asked: readonly string[];
  /** Nothing is wrong with it, so nobody should be asked either. */
  readonly healthy: boolean;
  readonly diagnosis: Diagnosis;
}

export function judge(recording: Recording): Judgement {
  const { row, right, seed, healthy } = recording.provocation;
  const look = lookOf(recording);
  const diagnosis = runbook.diagnose(look, []);
  const said = diagnosis.causes[0]?.name ?? 'nothing wrong';
  const correct = right.length === 0 ? said === 'nothing wrong' : right.includes(said);
  const verdict = correct ? 'right' : said === causes.unclear ? "can't tell" : 'wrong';
  const kinds = anyRunbook(runbook).changeKinds;
  const disruptive = runbook.ladder.flatMap((rung) => {
    const proposal = rung.propose(look, diagnosis);
    if ('skip' in proposal) return [];
    return proposal.changes.flatMap((draft) => {
      const kind = kinds.find((one) => one.kind === draft.kind);
      if (kind === undefined) throw new Error(`no kind ${draft.kind} of ${Object.keys(kubernetesKinds)}`);
      const change = completeChange(kind, draft, look, { id: 'x', remedy: rung.name });
      return change.disruption === 'none' ? [] : [change];
    });
  });
  return {
    row,
    seed,
    said,
    verdict,
    diagnosis,
    healthy,
    harmful: kindsOf(
      verdict === 'right' ? [] : disruptive.filter((one) => verdict === 'wrong' || !one.alwaysAsk),
    ),
    asked: kindsOf(verdict === "can't tell" ? disruptive.filter((one) => one.alwaysAsk) : []),
  };
}

function kindsOf(changes: readonly { readonly kind: string }[]): readonly string[] {
  return changes.map(({ kind }) => kind);
}

/** What was provoked (rows) against what was said (columns). */
export function confusionMatrix(judgements: readonly Judgement[]): string {
  const said = [...new Set(judgements.map((one) => one.said))].toSorted();
  const rows = [...new Set(judgements.map(({ row }) => row))].toSorted();
  const count = (row: string, name: string): number =>
    judgements.filter((one) => one.row === row && one.said === name).length;
  const asked = (row: string): number =>
    judgements.filter((one) => one.row === row && one.asked.length > 0).length;
  const lines = rows.map((row) => [
    row,
    ...said.map((name) => String(count(row, name) || '·')),
    String(asked(row) || '·'),
  ]);
  const table = [['provoked \\ said', ...said, 'asked'], ...lines];
  const widths = table[0]?.map((_, i) => Math.max(...table.map((line) => line[i]?.length ?? 0))) ?? [];
  const text = table.map((line) =>
    line
      .map((cell, i) => cell.padEnd(widths[i] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const of = (verdict: Judgement['verdict']): number =>
    judgements.filter((one) => one.verdict === verdict).length;
  const harmful = judgements.filter((one) => one.harmful.length > 0).length;
  const disturbed = judgements.filter((one) => one.healthy && one.asked.length > 0).length;
  return [
    ...text,
    '',
    `${judgements.length} provocations: ${of('right')} right, ${of("can't tell")} can't tell, ${of('wrong')} wrong; a disruptive change for a wrong cause: ${harmful}; people asked to disrupt what is healthy: ${disturbed}`,
  ].join('\n');
}
