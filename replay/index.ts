export { CannotReplay } from './crew.js';
export { NotARecording, readRecording } from './recording.js';
export { defaultJobs, type Progress, type ReplayOptions, type ReplaySum, replayAll } from './replay.js';
export { NoSuchSource, type Pointer, pointersOf, recordingsOf, type Sources } from './sources.js';
export type { Recording } from './types.js';
export type { EventFinding, FactFinding, Finding, FindingKind, Likely, Verdict } from './verdict.js';
