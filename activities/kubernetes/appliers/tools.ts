import type { ApplyContext } from '../../adapter.js';
import { sleepFor } from '../../docker/appliers/effects.js';
import { Journal } from '../../docker/appliers/journal.js';
import type { Cluster } from '../client.js';
import type { KubernetesApplierDependencies } from './dependencies.js';

/** What one attempt works with. */
export interface Tools {
  readonly cluster: Cluster;
  readonly context: ApplyContext;
  readonly journal: Journal;
  /** An earlier attempt got as far as sending: what is found done may be its work. */
  readonly sentBefore: boolean;
  sleep(ms: number): Promise<void>;
}

/** The tools of an attempt; the heartbeat goes on for as long as `work` takes. */
export function withTools<T>(
  dependencies: KubernetesApplierDependencies,
  context: ApplyContext,
  work: (tools: Tools) => Promise<T>,
): Promise<T> {
  const { cluster, sleep = sleepFor } = dependencies;
  const journal = new Journal(context);
  return journal.whileBeating(
    work({
      cluster: cluster(context.look.target.scope),
      context,
      journal,
      sentBefore: journal.notes.sending !== undefined,
      sleep: (ms) => sleep(ms, context.signal),
    }),
  );
}
