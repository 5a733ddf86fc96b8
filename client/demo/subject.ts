import type { Io } from '../cli/terminal/io.js';
import type { DemoAlert } from './alert.js';

/** Use of memory, as the thing's own engine or cluster counts it. Bytes, and percent of the limit. */
export interface Use {
  readonly used: number;
  readonly limit: number;
  readonly percent: number;
}

/** What the configuration of the demo needs to know of Nightshift. */
export interface Around {
  readonly operators: readonly string[];
  readonly tokensFile: string;
  readonly apiPort: number;
}

/** The thing that leaks: started by the demo, recovered by Nightshift, removed at the end. */
export interface Subject {
  readonly targetKey: string;
  /** `container agent-1a2b3c`, with what it is allowed, in a sentence for people. */
  readonly told: string;
  /** Where people can look at it themselves. */
  readonly lookAt: string;
  /** The command that shows its log. */
  readonly logCommand: string;
  /** Nobody waits longer for a demo without a terminal, milliseconds. */
  readonly unattendedMs: number;
  /** Waits until it answers. */
  untilReady(signal: AbortSignal): Promise<void>;
  /** Use by the fullest of its processes. */
  memory(): Promise<Use>;
  /** The demo's configuration, as text. */
  configText(around: Around): string;
  /** The alert that a shipped rule would fire. */
  alert(use: Use): Pick<DemoAlert, 'labels' | 'summary'>;
}

/** Gives way to what is to be undone at the end, latest first. */
export type AtEnd = (undo: () => Promise<void>) => void;

export interface StageHands {
  readonly io: Io;
  readonly step: (text: string) => void;
  readonly atEnd: AtEnd;
  /** Of this run, short and random. */
  readonly id: string;
  /** Private to this run; removed at its end. */
  readonly folder: string;
}
