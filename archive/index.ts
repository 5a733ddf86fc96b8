/** Closed incidents as files, and how a closed run becomes one. */
export { NotAnIncident } from '../model/bundle/make.js';
export { type ArchiveOptions, createArchive } from './archive.js';
export {
  type ClosedRun,
  closedIncidents,
  collectBundle,
  fetchHistory,
  RunGone,
  type RunRef,
} from './collect.js';
export { ArchiveError, type ArchiveProblem } from './errors.js';
export { readBundle, writeBundle } from './file.js';
export { extension, fileName } from './names.js';
export type { Archive, ArchiveEntry, ArchiveFilter, Retention } from './types.js';
