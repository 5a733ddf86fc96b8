import type { ApplyContext } from '../../activities/adapter.js';
import { failure } from '../../activities/failure.js';
import { defaultPolicy } from '../../config/defaults.js';
import type { Change, FieldChange } from '../../model/change.js';
import type { Json, JsonObject } from '../../model/json.js';
import type { Look } from '../../model/look.js';
import type { Target } from '../../model/target.js';

export interface AttemptOptions {
  /** Default 1. */
  readonly attempt?: number;
  /** What the attempt before left: its `left()`. */
  readonly previous?: Json;
  /** `details` of the look; default none. */
  readonly details?: JsonObject;
  readonly scope?: string;
  /** Default: a container of that scope. */
  readonly target?: Target;
  /** What the configuration says of the target; default nothing. */
  readonly settings?: unknown;
  readonly secrets?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Called at every confirm, before it answers: the moment directly before the mutation. */
  onConfirm?(part?: { readonly begun: boolean }): Promise<void> | void;
}

export interface Attempt {
  readonly context: ApplyContext;
  /** Every heartbeat's details, in order. */
  readonly heartbeats: readonly Json[];
  readonly confirmed: number;
  /** What a later attempt finds: the last heartbeat. */
  left(): Json | undefined;
}

/** What an applier is given, without Temporal around it. */
export function anAttempt(options: AttemptOptions = {}): Attempt {
  const { attempt = 1, previous, secrets = {}, signal = new AbortController().signal } = options;
  const heartbeats: Json[] = [];
  let confirmed = 0;
  const context: ApplyContext = {
    signal,
    attempt,
    previous,
    now: () => new Date(),
    look: aLook(options),
    settings: options.settings ?? {},
    async confirm(part) {
      confirmed += 1;
      await options.onConfirm?.(part);
    },
    heartbeat: (details) => void heartbeats.push(details),
    secret(name) {
      const value = secrets[name];
      if (value === undefined) throw failure('Misconfigured', `there is no secret ${name}`);
      return value;
    },
  };
  return {
    context,
    heartbeats,
    get confirmed() {
      return confirmed;
    },
    left: () => heartbeats.at(-1) ?? previous,
  };
}

function aLook(options: AttemptOptions): Look<unknown, unknown> {
  const { details = {}, scope = 'docker/test', settings = {} } = options;
  return {
    target: options.target ?? { key: `${scope}/agent`, kind: 'container', scope },
    at: new Date().toISOString(),
    identity: { uid: 'agent', name: 'agent' },
    healthy: true,
    evidence: [],
    details,
    settings,
    policy: defaultPolicy,
    policyDigest: 'test',
    goingOn: [],
    tookMs: 1,
  };
}

export interface ChangeOptions<Params extends JsonObject> {
  readonly kind: string;
  readonly params: Params;
  readonly id?: string;
  readonly uid?: string;
  readonly name?: string;
  readonly fields?: readonly FieldChange[];
  readonly fresh?: JsonObject;
  readonly generation?: number;
}

/** A change as the choke point hands it on. */
export function aChange<Params extends JsonObject>(options: ChangeOptions<Params>): Change<Params> {
  const { kind, params, id = 'abcd2345/1', uid = 'agent', name = 'agent', fields = [], fresh = {} } = options;
  const key = `docker/test/${name}`;
  return {
    id,
    kind,
    params,
    fields,
    fresh,
    ...(options.generation !== undefined && { generation: options.generation }),
    remedy: 'test',
    object: { key, uid, name },
    touches: [key],
    disruption: 'none',
    disruptionWhy: 'a test',
    temporary: false,
    timeoutSeconds: 60,
    alwaysAsk: false,
    sentence: `${kind} of ${name}`,
    command: 'true',
  };
}
