import { Context } from '@temporalio/activity';
import type { WatchActivities } from '../../model/activities.js';
import type { WatchState } from '../../model/watch.js';
import type { Registry } from '../incident/index.js';
import { post } from './post.js';
import { watchTarget } from './watch-target.js';

/** Delivers an alert as the intake does: to the open incident, or by starting one; hold-offs count. */
export type TellIncident = WatchActivities['tellIncident'];

/** The activities of watches; how an incident is told is given by the worker. */
export function createWatchActivities(registry: Registry, tellIncident: TellIncident): WatchActivities {
  return {
    async watchTarget(request) {
      const context = Context.current();
      const result = await watchTarget(registry, request, {
        signal: context.cancellationSignal,
        endWanted: () => context.cancellationDetails?.cancelRequested === true,
        previous: context.info.heartbeatDetails as WatchState | undefined,
        heartbeat: (state) => context.heartbeat(state),
        sleep: (ms) => context.sleep(ms),
      });
      for (const { alert } of result.tell)
        context.log.warn(`watch: ${alert.annotations.summary}`, {
          alert: alert.name,
          status: alert.status,
          description: alert.annotations.description,
        });
      return result;
    },
    async postWatchAlert({ plan, told }) {
      const bearer = plan.bearerSecret === undefined ? undefined : registry.secret(plan.bearerSecret);
      return { note: await post(plan, told, bearer) };
    },
    tellIncident,
  };
}
