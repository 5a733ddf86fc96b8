import { Context } from '@temporalio/activity';
import type { ChangeActivities, ObserveActivities, WaitActivities } from '../../model/activities.js';
import type { Json } from '../../model/json.js';
import { failure } from '../failure.js';
import { type Attempt, carryOut } from './carry-out.js';
import { takeLook } from './look.js';
import type { Registry } from './registry.js';
import { type Progress, sampleFor } from './sample.js';

export type { Registry } from './registry.js';

/** Asks the server directly whether an activity is still wanted: cancelled, paused or unknown means no. */
export type StillWanted = (
  taskToken: Uint8Array,
  details: Json,
) => Promise<{ readonly wanted: boolean; readonly why: string }>;

export function createObserveActivities(registry: Registry): Pick<ObserveActivities, 'look'> {
  return { look: (request) => takeLook(registry, request, Context.current().cancellationSignal) };
}

export function createWaitActivities(registry: Registry): WaitActivities {
  return {
    async sample(request) {
      const context = Context.current();
      let latest = context.info.heartbeatDetails as Progress | undefined;
      // Between samples that are far apart, too: a silent wait would look like a dead worker.
      const beat = setInterval(() => context.heartbeat(latest), beatMs);
      return sampleFor(registry, request, {
        signal: context.cancellationSignal,
        previous: context.info.heartbeatDetails as Progress | undefined,
        heartbeat(progress) {
          latest = progress;
          context.heartbeat(progress);
        },
        sleep: (ms) => context.sleep(ms),
      }).finally(() => clearInterval(beat));
    },
  };
}

/** Beats while a change is under way, so that a dead worker is told from a slow engine. */
const beatMs = 4_000;

export function createChangeActivities(registry: Registry, stillWanted: StillWanted): ChangeActivities {
  return {
    async carryOut(request) {
      const context = Context.current();
      const previous = context.info.heartbeatDetails as Json | undefined;
      let details: Json = previous ?? null;
      const beat = setInterval(() => context.heartbeat(details), beatMs);
      const attempt: Attempt = {
        number: context.info.attempt,
        signal: context.cancellationSignal,
        previous,
        heartbeat(given) {
          details = given;
          context.heartbeat(given);
        },
        async stillWanted() {
          const { wanted, why } = await stillWanted(context.info.taskToken, details);
          if (!wanted || context.cancellationSignal.aborted)
            throw failure('NotSent', `not sent: ${wanted ? 'the activity was cancelled' : why}`);
        },
      };
      try {
        return await carryOut(registry, request, attempt);
      } finally {
        clearInterval(beat);
      }
    },
  };
}
