import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import { Registry } from 'prom-client';
import type { ArchiveActivities } from '../../model/activities.js';
import type { CurrentConfig } from '../registry.js';
import { createArchiveActivities } from './activities.js';
import { keepArchiver } from './keep.js';
import { archiverMetrics } from './metrics.js';
import { archiverParts, oldestEnd } from './parts.js';

/** This process's part in archiving: the schedule kept, and, where it has a folder, the work done. */
export interface Archiving {
  /** Absent: no archive was configured when this worker began. */
  readonly activities?: ArchiveActivities;
  readonly metrics?: () => Promise<string>;
  stop(): Promise<void>;
}

/** Begins to keep the archiver's schedule as configured, and makes what a worker serves for it. Throws nothing. */
export function startArchiving(options: {
  readonly client: Client;
  readonly config: CurrentConfig;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
}): Archiving {
  const { client, config } = options;
  const serves = config().archive !== undefined;
  const keeper = keepArchiver({ ...options, serves });
  if (!serves) return { stop: keeper.stop };
  const parts = archiverParts(client, config);
  const registry = new Registry();
  const gauges = archiverMetrics(registry, oldestEnd(client, config, parts.archive), parts.now);
  return {
    activities: createArchiveActivities({ ...parts, gauges }),
    metrics: () => registry.metrics(),
    stop: keeper.stop,
  };
}
