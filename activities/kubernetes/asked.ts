import type { MongoReading, SessionReading } from '../../model/kubernetes/details.js';
import type { MongoSettings, SessionSettings, WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { ReadContext } from '../adapter.js';
import type { Notebook } from '../notebook.js';
import type { CallOptions, Cluster } from './client.js';

/** Time limit of one source, milliseconds. */
export const sourceLimit = 5_000;
/** The workload and its pods are waited for longer: without them there is no look. */
export const ownLimit = 15_000;

/** What a server outside the cluster's API tells. */
export interface FromOutside<Reading> {
  readonly reading: Reading;
  /** By the client's address; absent where the server does not tell its clients apart. */
  readonly connections?: ReadonlyMap<string, number>;
  readonly gaps: readonly { readonly source: string; readonly name: string; readonly gap: string }[];
}

/** What is counted outside the cluster's API. */
export interface Outside {
  sessions(settings: SessionSettings, signal: AbortSignal): Promise<FromOutside<SessionReading>>;
  mongo(settings: MongoSettings, signal: AbortSignal): Promise<FromOutside<MongoReading>>;
}

/** One look: what is looked at, with what, and where it is noted. */
export interface Asked {
  readonly settings: WorkloadSettings;
  readonly context: ReadContext;
  readonly cluster: Cluster;
  readonly outside: Outside;
  readonly notebook: Notebook;
  /** Of the target: the pods' keys begin with it. */
  readonly targetKey: string;
  secret(name: string): string;
}

/** Reads one source of the cluster's within its time limit; what can't be had is a gap. */
export type ReadSource = <T>(
  source: string,
  name: string,
  work: (options: CallOptions) => Promise<T>,
  subject?: string,
) => Promise<T | undefined>;

export function sourceReader({ notebook }: Pick<Asked, 'notebook'>): ReadSource {
  return (source, name, work, subject) =>
    notebook.read(source, name, sourceLimit, (signal) => work({ signal, timeoutMs: sourceLimit }), subject);
}
