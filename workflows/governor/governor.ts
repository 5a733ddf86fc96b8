import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { OpenIncidentActivities } from '../../model/activities.js';
import type { Alert } from '../../model/alert.js';
import type { HoldOff, IncidentEnd, LeaseReply, LeaseRequest } from '../../model/governor.js';
import {
  ask,
  emptyGovernor,
  end,
  type GovernorState,
  heldOff,
  resolvedMeanwhile,
} from '../../model/governor-rules.js';
import type { Target } from '../../model/target.js';
import { governorMessages, taskQueues } from '../contract.js';

/** The argument of a governor: its scope, and what it remembers from before. */
export interface GovernorInput {
  readonly scope: string;
  readonly state?: GovernorState;
}

/** An alert of a target whose last incident did not help. */
export interface HeldOffAlert {
  readonly alert: Alert;
  readonly target: Target;
  readonly runbook: string;
}

const leaseUpdate = defineUpdate<LeaseReply, [LeaseRequest]>(governorMessages.lease);
const endUpdate = defineUpdate<{ holdOff?: HoldOff }, [IncidentEnd]>(governorMessages.end);
const alertSignal = defineSignal<[HeldOffAlert]>(governorMessages.heldOffAlert);
const resolvedSignal = defineSignal<[{ target: string; fingerprint: string }]>(
  governorMessages.heldOffResolved,
);
const stateQuery = defineQuery<GovernorState>(governorMessages.state);

/** Past this many events it goes on in a new run. */
const longestHistory = 4_000;

/**
 * One governor a scope: leases, cooldown, budgets and recurrence of what disrupts, and which alerts get no new
 * ladder for now. All its messages are taken synchronously, so that two incidents never both get a yes.
 */
export async function governor({ scope, state: before }: GovernorInput): Promise<void> {
  let state = before ?? emptyGovernor;
  const toOpen: HeldOffAlert[] = [];
  const now = (): string => new Date().toISOString();
  setHandler(leaseUpdate, (request) =>
    refusing(() => {
      const answer = ask(state, request, now());
      state = answer.state;
      return answer.reply;
    }),
  );
  setHandler(endUpdate, (ended) =>
    refusing(() => {
      const answer = end(state, ended, now());
      state = answer.state;
      return answer.holdOff ? { holdOff: answer.holdOff } : {};
    }),
  );
  setHandler(alertSignal, (held) => {
    const { fingerprint, severity } = held.alert;
    const answer = heldOff(state, { target: held.target.key, fingerprint, severity }, now());
    state = answer.state;
    if (answer.start) toOpen.push(held);
  });
  setHandler(resolvedSignal, ({ target, fingerprint }) => {
    state = resolvedMeanwhile(state, target, fingerprint);
  });
  setHandler(stateQuery, () => state);

  const { openIncident } = proxyActivities<OpenIncidentActivities>({
    taskQueue: taskQueues.observe(scope),
    startToCloseTimeout: '20s',
  });
  for (;;) {
    await condition(() => toOpen.length > 0 || workflowInfo().historyLength > longestHistory);
    const held = toOpen.shift();
    if (held) await openIncident(held);
    else if (workflowInfo().historyLength > longestHistory)
      await continueAsNew<typeof governor>({ scope, state });
  }
}

/** A request that can't be understood (of another version, say) is refused; it must not stop the governor for all. */
function refusing<T>(answer: () => T): T {
  try {
    return answer();
  } catch (error) {
    throw ApplicationFailure.nonRetryable(`the governor can't understand this request: ${String(error)}`);
  }
}
