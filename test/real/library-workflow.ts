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
import { memoKeys, queries, searchAttributes, signals, updates } from '../../workflows/contract.js';

const { struggle } = proxyActivities<{ struggle(): Promise<void> }>({
  startToCloseTimeout: '1m',
  heartbeatTimeout: '30s',
  retry: { initialInterval: '1h', maximumAttempts: 3 },
});

export async function standIn(): Promise<unknown> {
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
  setHandler(defineQuery(queries.view), () => ({ runbook: 'standIn', shortId: shortId(runId), told }));
  setHandler(defineQuery(queries.facts), () => [{ n: 0, type: 'noted', text: told.join() }]);
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
  return { outcome: 'cancelled', shortId: shortId(runId), facts: [], report: { runbook: 'standIn', told } };
}

/** Takes its signals and keeps them in its history: what it makes of them, its own tests say. */
export async function governor(): Promise<void> {
  await condition(() => false);
}
