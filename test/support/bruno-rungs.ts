/** What the rungs of AgentBrunoHighMemoryUsage propose on looks of `workload-looks.ts`. */
import { type Change, type ChangeDraft, completeChange } from '../../model/change.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { FieldOwner, PodReading, WorkloadLook } from '../../model/kubernetes/details.js';
import { anyRunbook } from '../../model/runbook.js';
import { agentBrunoHighMemoryUsage as runbook } from '../../workflows/runbooks/agent-bruno-high-memory-usage/index.js';
import type { CauseName } from '../../workflows/runbooks/agent-bruno-high-memory-usage/names.js';
import { fullSettings, GiB, type LookParts, MiB, sessions, workloadLook } from './workload-looks.js';

export const growth = { bytesPerSecond: MiB, overSeconds: 600, samples: 40, secondsToLimit: 120 };

export const because = (name: CauseName, more: Partial<Diagnosis> = {}): Diagnosis => ({
  level: 'critical',
  levelWhy: '95 %',
  causes: [{ name, summary: `It is ${name}.`, weight: 0.8, evidenceFor: [], evidenceAgainst: [] }],
  growth,
  ...more,
});

const fullPod: Partial<PodReading> = { workingSetBytes: 0.95 * GiB };

/** One full pod beside a sound one, everything configured. */
export function look(parts: LookParts = {}): WorkloadLook {
  return workloadLook({
    ...parts,
    pod: { ...fullPod, ...parts.pod },
    settings: { ...fullSettings, ...parts.settings },
    details: { sessions: sessions(), ...parts.details },
  });
}

export function rung(name: string) {
  const found = runbook.ladder.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no rung ${name}`);
  return found;
}

export function drafts(name: string, at: WorkloadLook, diagnosis: Diagnosis): readonly ChangeDraft[] {
  const proposal = rung(name).propose(at, diagnosis);
  if ('skip' in proposal) throw new Error(`${name} was skipped: ${proposal.skip}`);
  return proposal.changes;
}

/** Why a rung proposes nothing. */
export function skip(name: string, at: WorkloadLook, diagnosis: Diagnosis): string {
  const proposal = rung(name).propose(at, diagnosis);
  return 'skip' in proposal ? proposal.skip : `it proposed ${proposal.changes.length} changes`;
}

export function whole(draft: ChangeDraft, at: WorkloadLook): Change {
  return completeChange(kindOf(draft.kind), draft, at, { id: 'i/1', remedy: 'r' });
}

/** Why a change is refused on this look, right before it is made. */
export function refusal(draft: ChangeDraft, at: WorkloadLook): string | null {
  return kindOf(draft.kind).precondition(whole(draft, at), at);
}

function kindOf(name: string) {
  const kind = anyRunbook(runbook).changeKinds.find((one) => one.kind === name);
  if (kind === undefined) throw new Error(`no kind ${name}`);
  return kind;
}

export const owned = (field: string): FieldOwner => ({
  owner: 'argocd',
  field,
  reconciles: true,
  by: 'its mark',
});

/** An autoscaler of the workload that may still grow. */
export const hpa = {
  name: 'agent-bruno-hpa',
  uid: 'hpa-uid',
  min: 1,
  max: 4,
  current: 1,
  desired: 1,
  metrics: ['memory'],
  resourceVersion: '9',
  generation: 1,
  keda: false,
};
