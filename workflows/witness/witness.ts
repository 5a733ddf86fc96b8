/**
 * Hears what an incident records and what any workflow asks for, while a recording is replayed. Only the bundle of a
 * replay has this module in it (worker/bundle.ts): a worker's bundle knows nothing of it.
 */
import { proxySinks, type Sinks, type WorkflowInterceptors } from '@temporalio/workflow';
import type { Fact } from '../../model/facts.js';
import type { Json } from '../../model/json.js';
import { Incident } from '../incident/incident.js';

/** What is handed to the replaying process. */
export interface WitnessSinks extends Sinks {
  readonly witness: {
    fact(fact: Fact): void;
    /** The commands of one activation, in Temporal's own form. */
    commands(commands: readonly Json[]): void;
  };
}

const { witness } = proxySinks<WitnessSinks>();

// A stack for every promise is what the SDK keeps for its stack trace query; nobody asks a replay for one, and its
// frames cost a sixth of the time. So a defect is told without its place.
Error.stackTraceLimit = 0;

const { append } = Incident.prototype;
Incident.prototype.append = function heard(this: Incident, body): void {
  append.call(this, body);
  const fact = this.facts.at(-1);
  if (fact) witness.fact(fact);
};

export const interceptors = (): WorkflowInterceptors => ({
  internals: [
    {
      concludeActivation(input, next) {
        const output = next(input);
        if (output.commands.length > 0) witness.commands(output.commands as unknown as readonly Json[]);
        return output;
      },
    },
  ],
});
