import {
  type ChildWorkflowHandle,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  startChild,
  upsertSearchAttributes,
  type Workflow,
} from '@temporalio/workflow';
import type { Notification } from '../../model/activities.js';
import { searchAttributes, signals, taskQueues, workflowIds, workflowTypes } from '../contract.js';
import type { Incident } from './incident.js';

/**
 * Tells people, without ever waiting for them: a child workflow of its own, abandoned on close, owns retries and
 * message ids. It is started by the first message, so that an incident without one costs nothing.
 */
export class Messenger {
  private child: Promise<ChildWorkflowHandle<Workflow>> | undefined;
  private handing: Promise<void> = Promise.resolve();
  private sent = 0;
  private shown = false;

  constructor(private readonly incident: Incident) {}

  send(what: Notification['what'], title: string, text: string): void {
    this.sent += 1;
    const notification: Notification = {
      id: `${this.incident.id}/${this.sent}`,
      incident: workflowIds.incident(this.incident.input.target.key),
      shortId: this.incident.id,
      target: this.incident.input.target.key,
      runbook: this.incident.runbook.name,
      what,
      severity: this.incident.severity,
      title,
      text,
      at: this.incident.iso(),
    };
    this.child ??= startChild(workflowTypes.notifications, {
      workflowId: workflowIds.notifications(this.incident.id),
      taskQueue: taskQueues.workflows,
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [{ incident: notification.incident }],
    });
    const { child } = this;
    // One after the other, and each waited for at the end: the server drops a signal that is sent with the end itself.
    this.handing = this.handing
      .then(async () => {
        const { workflowId } = await child;
        await getExternalWorkflowHandle(workflowId).signal(signals.send, notification);
      })
      .catch((error: unknown) => {
        this.incident.append({ type: 'noted', text: `a message could not be handed on: ${String(error)}` });
      });
  }

  /** Somebody has been told something. */
  get used(): boolean {
    return this.child !== undefined;
  }

  /** Resolves when the messages sent so far are in the notifications' own hands. */
  async handedOver(): Promise<void> {
    await this.handing;
  }

  /** Shows in lists whether a person is waited for. */
  needsDecision(needed: boolean): void {
    if (this.shown === needed) return;
    this.shown = needed;
    upsertSearchAttributes([{ key: searchAttributes.needsDecision, value: needed }]);
  }
}
