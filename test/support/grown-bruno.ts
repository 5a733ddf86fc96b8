import type { WorkloadLook } from '../../model/kubernetes/details.js';
import { fullSettings, history, type LookParts, MiB, sessions, workloadLook } from './workload-looks.js';

/** What the pod of `grownBruno` uses, bytes. */
export const full = 900 * MiB;

/** What an app tells that holds nothing much. */
export const tells = {
  process_resident_memory_bytes: full,
  bruno_active_sessions: 40,
  bruno_session_bytes: MiB,
  bruno_context_bytes: MiB,
  bruno_cache_bytes: MiB,
};

export interface GrownParts extends LookParts {
  /** What the app tells besides `tells`, or instead. */
  readonly app?: Readonly<Record<string, number>>;
}

/** A pod at 900 MiB of 1 GiB that has grown from 300 MiB within a quarter of an hour, all sources read. */
export function grownBruno(parts: GrownParts = {}): WorkloadLook {
  return workloadLook({
    ...parts,
    pod: {
      workingSetBytes: full,
      app: { ...tells, ...parts.app },
      redisConnections: 8,
      mongoConnections: 6,
      ...parts.pod,
    },
    settings: { ...fullSettings, ...parts.settings },
    details: {
      history: history(300 * MiB, full),
      sessions: sessions({ keys: 40, bytes: MiB }),
      ...parts.details,
    },
  });
}
