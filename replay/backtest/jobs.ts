import proto from '@temporalio/proto';
import { payloadValues } from '../../model/bundle/payloads.js';
import type { JsonObject } from '../../model/json.js';
import type { Answer, Errand, Message, Tape } from './tape.js';
import { type Job, type Names, payloadOf } from './vm.js';

const { WorkflowActivationJob } = proto.coresdk.workflow_activation;

/** Everything that can happen to a workflow, as the SDK hears of it. */

export function started(tape: Tape, { workflowId, workflowType }: Names): Job {
  const { input, memo, attempt } = tape.started;
  return WorkflowActivationJob.fromObject({
    initializeWorkflow: {
      workflowType,
      workflowId,
      arguments: payloadValues(input).map(payloadOf),
      attempt: typeof attempt === 'number' ? attempt : 1,
      ...(memo !== undefined && { memo }),
    },
  });
}

export function came(message: Message): Job {
  const { kind, name, value, attributes } = message;
  if (kind === 'cancel') return { cancelWorkflow: { reason: String(attributes.cause ?? '') } };
  const input = value === undefined ? [] : [payloadOf(value)];
  if (kind === 'signal')
    return WorkflowActivationJob.fromObject({
      signalWorkflow: { signalName: name, input, identity: String(attributes.identity ?? '') },
    });
  const asked = attributes.acceptedRequest as JsonObject | undefined;
  return WorkflowActivationJob.fromObject({
    doUpdate: {
      id: `${message.order}`,
      protocolInstanceId: String(attributes.protocolInstanceId ?? message.order),
      name,
      input,
      meta: (asked?.meta as JsonObject | undefined) ?? {},
      runValidator: true,
    },
  });
}

export function answered(seq: number, answer: Answer): Job {
  if ('value' in answer)
    return WorkflowActivationJob.fromObject({
      resolveActivity: { seq, result: { completed: { result: payloadOf(answer.value) } } },
    });
  const cancelled = 'canceledFailureInfo' in ((answer.failure.cause as JsonObject | undefined) ?? {});
  const { failure } = answer;
  return WorkflowActivationJob.fromObject({
    resolveActivity: { seq, result: cancelled ? { cancelled: { failure } } : { failed: { failure } } },
  });
}

/** The workflow asked for an activity's end, and does not wait to hear of it. */
export function calledOff(seq: number, type: string): Job {
  const activityFailureInfo = { activityType: { name: type }, activityId: '' };
  const failure = {
    message: 'Activity cancelled',
    activityFailureInfo,
    cause: { message: '', canceledFailureInfo: {} },
  };
  return answered(seq, { failure });
}

export function fired(seq: number): Job {
  return { fireTimer: { seq } };
}

export function childStarted(seq: number, errand: Errand | undefined, workflowId: string): Job {
  if (errand?.answer?.failed)
    return {
      resolveChildWorkflowExecutionStart: { seq, failed: { workflowId, workflowType: '', cause: 1 } },
    };
  return { resolveChildWorkflowExecutionStart: { seq, succeeded: { runId: 'backtest' } } };
}

export function signalSent(seq: number, errand: Errand | undefined): Job {
  const message = 'Unable to signal external workflow because it was not found';
  const failure = { message, applicationFailureInfo: {} };
  return { resolveSignalExternalWorkflow: { seq, ...(errand?.answer?.failed && { failure }) } };
}
