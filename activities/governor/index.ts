import { randomUUID } from 'node:crypto';
import { Context } from '@temporalio/activity';
import { type Client, isGrpcServiceError, WithStartWorkflowOperation } from '@temporalio/client';
import { type Workflow, WorkflowNotFoundError } from '@temporalio/common';
import type { ObserveActivities, OpenIncidentActivities } from '../../model/activities.js';
import type { HoldOff, IncidentEnd, LeaseReply, LeaseRequest } from '../../model/governor.js';
import { failure, messageOf } from '../failure.js';
import { Turns } from './turns.js';

/** How a governor and an incident are reached: ids and names come from the workflows' contract, by the worker. */
export interface GovernorAddress {
  readonly workflowType: string;
  readonly taskQueue: string;
  workflowId(scope: string): string;
  readonly updates: { readonly lease: string; readonly end: string };
}

/** Starts an incident for an alert, or signals the one that is there: the intake's own way, given by the worker. */
export type OpenIncident = OpenIncidentActivities['openIncident'];

/**
 * Updates to one governor under way from this process. The server takes ten a workflow; past them it refuses, and
 * the SDK's client tries again only after a second or more.
 */
const updatesAtOnce = 8;
/** How long an answer of the governor is waited for; then the activity is tried again. */
const answerMs = 10_000;

/** Asks the governor of a scope by Update, starting it where there is none yet. */
export function createGovernorActivities(
  client: Client,
  address: GovernorAddress,
  openIncident: OpenIncident,
): Pick<ObserveActivities, 'askGovernor' | 'tellGovernor'> & OpenIncidentActivities {
  const turns = new Turns(updatesAtOnce);
  // A worker that shuts down takes the governor's workflow with it: an answer may never come.
  const limited = <Result>(call: () => Promise<Result>): Promise<Result> =>
    client.withDeadline(Date.now() + answerMs, () =>
      client.withAbortSignal(Context.current().cancellationSignal, call),
    );
  const update = async <Result, Argument>(
    scope: string,
    name: string,
    argument: Argument,
    id: string,
  ): Promise<Result> => {
    const workflowId = address.workflowId(scope);
    const options = { args: [argument] as [Argument], updateId: id };
    const ask = (): Promise<Result> =>
      client.workflow.getHandle(workflowId).executeUpdate<Result, [Argument]>(name, options);
    const startWorkflowOperation = new WithStartWorkflowOperation(address.workflowType, {
      workflowId,
      taskQueue: address.taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      args: [{ scope }],
    });
    try {
      // Nearly always it is there, and asking alone costs the server half of starting and asking.
      return await turns.take(scope, () =>
        limited(() =>
          ask().catch((error: unknown) => {
            if (!(error instanceof WorkflowNotFoundError)) throw error;
            return client.workflow.executeUpdateWithStart<Workflow, Result, [Argument]>(name, {
              ...options,
              startWorkflowOperation,
            });
          }),
        ),
      );
    } catch (error) {
      // Without the cause: gRPC's own can be larger than a failure may be.
      throw failure('Unreachable', `the governor of ${scope} gave no answer: ${reason(error).slice(0, 500)}`);
    }
  };
  return {
    // Each asking is an Update of its own, since a refusal must be asked again; the grant is sticky by change id.
    askGovernor: ({ scope, lease }) =>
      update<LeaseReply, LeaseRequest>(scope, address.updates.lease, lease, randomUUID()),
    tellGovernor: (ended) =>
      update<{ holdOff?: HoldOff }, IncidentEnd>(ended.scope, address.updates.end, ended, onceAnActivity()),
    openIncident,
  };
}

function reason(error: unknown): string {
  return isGrpcServiceError(error) ? error.details || error.message : messageOf(error);
}

/** The same for every attempt of one activity: told twice, an end would double its own hold-off. */
function onceAnActivity(): string {
  const { workflowExecution, activityId } = Context.current().info;
  return `${workflowExecution?.runId}/${activityId}`;
}
