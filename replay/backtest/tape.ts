import type { Json, JsonObject } from '../../model/json.js';
import type { Micros } from './times.js';

/** How an activity ended: `failure` is Temporal's own message, in its JSON form. */
export type Answer = { readonly value: unknown } | { readonly failure: JsonObject };

/** One activity as it was asked for and answered. Attempts that Temporal repeated are one call. */
export interface Call {
  readonly type: string;
  /** What was asked for: the activity's first argument. */
  readonly request: unknown;
  /** When the workflow asked, by its own clock. */
  readonly askedAt: Micros;
  /** When it was sent out and when it ended, by the server's clock: what was read was read in between. */
  readonly sentAt: Micros;
  readonly endedAt: Micros;
  /** Absent: the recording ended, or the call was broken off, before there was one. */
  readonly answer?: Answer & {
    /** When the workflow heard of it. */
    readonly at: Micros;
    readonly order: number;
  };
  /** When the workflow asked for its end. */
  readonly cancelledAt?: Micros;
}

/** What came from outside: a signal, an accepted update, or a cancellation through Temporal. */
export interface Message {
  readonly kind: 'signal' | 'update' | 'cancel';
  readonly name: string;
  /** First argument. */
  readonly value: Json | undefined;
  readonly attributes: JsonObject;
  readonly at: Micros;
  readonly order: number;
}

/** Something else that the workflow asked of the server: a timer, a child, a signal to another workflow. */
export interface Errand {
  readonly askedAt: Micros;
  readonly attributes: JsonObject;
  readonly answer?: { readonly at: Micros; readonly order: number; readonly failed: boolean };
}

/** When people were asked, and until when the question stood open. */
export interface AskedPeople {
  readonly askedAt: Micros;
  readonly closedAt: Micros;
  /** False: the recording ended while it was open. */
  readonly closed: boolean;
  /** Of the message that told people, where one was sent: it names the change. */
  readonly title?: string;
}

/** One recorded run, taken apart. */
export interface Tape {
  readonly started: JsonObject;
  readonly startedAt: Micros;
  readonly firstTaskAt: Micros;
  readonly endedAt: Micros;
  /** Type of the last event: `WORKFLOW_EXECUTION_COMPLETED`. */
  readonly end: string;
  readonly calls: readonly Call[];
  readonly messages: readonly Message[];
  readonly timers: readonly (Errand & { readonly lasts: Micros })[];
  readonly children: readonly Errand[];
  readonly sent: readonly Errand[];
  readonly asked: readonly AskedPeople[];
}
