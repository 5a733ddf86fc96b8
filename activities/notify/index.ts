import type { Notification, NotifyActivities } from '../../model/activities.js';
import { failure } from '../failure.js';
import { postSigned, type Webhook } from './webhook.js';

export interface NotifyOptions {
  /** A line for the worker's log: the sink that is always there. */
  log(notification: Notification): void;
  /** Asked at every message: the configuration may have changed. */
  webhook(): Webhook | undefined;
  readonly now: () => Date;
}

/** The sinks of this issue: the log always, and a signed webhook where one is configured. */
export function createNotifyActivities({ log, webhook, now }: NotifyOptions): NotifyActivities {
  return {
    sinks: async () => (webhook() ? ['log', 'webhook'] : ['log']),
    async notify({ sink, notification }) {
      if (sink === 'log') {
        log(notification);
        return { note: 'written to the log' };
      }
      const configured = webhook();
      if (sink !== 'webhook' || !configured)
        throw failure(
          'Misconfigured',
          `no sink named '${sink}' is configured any more: see escalation in nightshift.yaml`,
        );
      return { note: await postSigned(configured, notification, now) };
    },
  };
}
