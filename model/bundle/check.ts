import { outcomes } from '../facts.js';
import { product } from '../product.js';
import { BundleError, type BundleProblem } from './errors.js';
import { fact } from './fact-shapes.js';
import { isObject } from './payloads.js';
import { policyShape } from './policy-shape.js';
import { bundleDigest, type Sha256 } from './seal.js';
import {
  type Check,
  isShallow,
  list,
  matching,
  members,
  number,
  object,
  oneOf,
  optional,
  text,
  time,
} from './shape.js';
import {
  type BundledIncident,
  bundleFormat,
  bundleVersion,
  type IncidentBundle,
  type RunStatus,
} from './types.js';

/** Levels that a bundle may be deep: its payloads are text, and the rest is of our own making. */
export const deepest = 200;

const statuses: { readonly [Status in RunStatus]: true } = {
  COMPLETED: true,
  FAILED: true,
  CANCELLED: true,
  TERMINATED: true,
  TIMED_OUT: true,
  CONTINUED_AS_NEW: true,
};

const incident: Check = members({
  shortId: matching(/^[a-z2-7]{8}$/, 'a short id'),
  workflowId: text,
  runId: text,
  target: members({ key: text, kind: text, scope: text }),
  runbook: text,
  runbookVersion: optional(number),
  product: text,
  status: oneOf(Object.keys(statuses)),
  outcome: optional(oneOf(outcomes)),
  openedAt: time,
  closedAt: time,
  alerts: list(text),
});

const policy = members({ digest: text, since: time, policy: policyShape });

/** Of the report only what tells one report from another thing: it is the fold of the facts, and made anew from them. */
const report = members({
  shortId: text,
  runbook: text,
  target: object,
  ladder: list(object),
  timeline: list(object),
});

const whole: Check = members({
  writtenAt: time,
  writtenBy: text,
  namespace: text,
  redactions: number,
  incident,
  policies: list(policy),
  facts: optional(list(fact)),
  report: optional(report),
  history: members({ events: list(members({ eventId: text, eventType: text })) }),
});

/**
 * What was parsed from a file, as a bundle: its format, version, digest and the shape of all that is used of it.
 * Throws `BundleError`, which names `file`.
 */
export function checkBundle(json: unknown, file = 'the bundle', sha256?: Sha256): IncidentBundle {
  const bundle = checkHead(json, file);
  const { digest } = bundle;
  if (digest !== bundleDigest(bundle, sha256))
    throw new BundleError('edited', file, `was changed since it was written: its digest does not fit`);
  if (isWhole(bundle)) return bundle;
  throw new BundleError('unreadable', file, `makes no sense: ${whole(bundle, 'bundle')}`);
}

function isWhole(json: unknown): json is IncidentBundle {
  return whole(json, 'bundle') === undefined;
}

/** The incident that the first lines of a bundle tell of; its digest is not checked. Throws `BundleError`. */
export function checkHeader(json: unknown, file: string): BundledIncident {
  const { incident: told } = checkHead(json, file);
  const wrong = incident(told, 'incident');
  if (wrong !== undefined) throw new BundleError('unreadable', file, `makes no sense: ${wrong}`);
  return told as BundledIncident;
}

/** Format and version: what is said before anything else is looked at. */
function checkHead(json: unknown, file: string): Readonly<Record<string, unknown>> {
  const refuse = (problem: BundleProblem, what: string): BundleError => new BundleError(problem, file, what);
  if (!isObject(json) || json.format !== bundleFormat) throw refuse('foreign', whatElse(json));
  const { version } = json;
  if (typeof version !== 'number' || !Number.isInteger(version) || version < 1)
    throw refuse('edited', 'says no version of a bundle');
  if (version > bundleVersion)
    throw refuse(
      'newer',
      `is a bundle of version ${version}${writer(json)}; this one (${product}) reads up to version ${bundleVersion}`,
    );
  if (!isShallow(json, deepest)) throw refuse('unreadable', `is nested deeper than ${deepest} levels`);
  return json;
}

function writer({ writtenBy }: Readonly<Record<string, unknown>>): string {
  return typeof writtenBy === 'string' ? `, written by ${writtenBy.slice(0, 60)}` : '';
}

function whatElse(json: unknown): string {
  if (!isObject(json)) return 'is no bundle: another kind of JSON';
  if (Array.isArray(json.events) || isObject(json.history))
    return 'is no bundle but a plain Temporal history (`nightshift replay` takes it as it is)';
  return 'is no bundle: JSON of another format';
}
