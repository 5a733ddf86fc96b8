/** A stand-in for a runbook, in a worker of the library's tests: it has an incident's messages and no ladder. */
import {
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  upsertMemo,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Alert } from '../../model/alert.js';
import { type Control, type Decision, type DecisionReply, malformedDecision } from '../../model/decision.js';
import { shortId } from '../../model/digest.js';
import type { Fact } from '../../model/facts.js';
import { fold } from '../../model/fold.js';
import {
  type IncidentInput,
  type IncidentResult,
  memoKeys,
  queries,
  searchAttributes,
  signals,
  updates,
} from '../../workflows/contract.js';

const { struggle } = proxyActivities<{ struggle(): Promise<void> }>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1h', maximumAttempts: 3 },
});

export async function standIn(input: IncidentInput): Promise<IncidentResult> {
  const { runId } = workflowInfo();
  const told: string[] = [];
  let end: string | undefined;
  setHandler(defineSignal<[Alert]>(signals.alert), ({ name }) => void told.push(name));
  setHandler(
    defineSignal<[Control]>(signals.pause),
    ({ by, reason }) => void told.push(`paused by ${by}: ${reason}`),
  );
  setHandler(defineSignal<[Control]>(signals.cancel), ({ by }) => {
    end = by;
  });
  setHandler(
    defineUpdate<DecisionReply, [Decision]>(updates.decide),
    ({ hash, by }) => ({ accepted: hash.startsWith('a'), why: `answered by ${by}` }),
    {
      validator: (decision) => {
        const wrong = malformedDecision({ ...decision });
        if (wrong) throw new Error(wrong);
      },
    },
  );
  const at = new Date().toISOString();
  const facts = (): Fact[] => [
    {
      ...{
        n: 0,
        at,
        type: 'opened',
        target: input.target,
        runbook: 'standIn',
        runbookVersion: 1,
        product: input.product,
      },
      ...{ by: input.openedBy, shortId: shortId(runId), runId, ladder: [], observeOnly: false },
    },
    { n: 1, at, type: 'noted', text: told.join() },
  ];
  setHandler(defineQuery(queries.facts), facts);
  upsertSearchAttributes([{ key: searchAttributes.shortId, value: shortId(runId) }]);
  const struggling = struggle().catch(() => {});
  await condition(() => end !== undefined);
  void struggling;
  const until = new Date(Date.now() + 3_600_000).toISOString();
  upsertMemo({
    [memoKeys.holdOff]: {
      until,
      seconds: 3600,
      fingerprints: ['held'],
      severity: 'warning',
      outcome: 'cancelled',
    },
  });
  upsertSearchAttributes([{ key: searchAttributes.outcome, value: 'cancelled' }]);
  return { outcome: 'cancelled', shortId: shortId(runId), facts: facts(), report: fold(facts()) };
}

/** Takes its signals and keeps them in its history: what it makes of them, its own tests say. */
export async function governor(): Promise<void> {
  await condition(() => false);
}
