import type { LookRequest } from '../../model/activities.js';
import type { Reading } from '../../model/extension.js';
import type { AnyLook } from '../../model/look.js';
import { shortName, type Target } from '../../model/target.js';
import { failure, failureType, messageOf } from '../failure.js';
import { adapterFor, type Registry } from './registry.js';

/** Looks are kept in histories: larger ones lose their least important evidence. */
const largestLookBytes = 64 * 1024;

/**
 * One reading of a target, with the policy in force for it. Throws `TargetGone`, `Unreachable`, or
 * `Misconfigured` where no adapter of this worker reads such a target.
 */
export async function takeLook(
  registry: Registry,
  request: LookRequest,
  signal: AbortSignal,
): Promise<AnyLook> {
  const { target } = request;
  const adapter = adapterFor(registry, target);
  if (!adapter)
    throw failure(
      'Misconfigured',
      `no adapter of this worker reads a ${target.kind} (${target.key}): load one, or mend the target's kind`,
    );
  const began = registry.now();
  const { policy, settings, digest } = registry.policyFor(target);
  const reading = await adapter
    .read(target, settings, { signal, since: request.since, now: registry.now })
    .catch((error: unknown) => blind(target, error));
  return trim({
    target,
    at: began.toISOString(),
    ...reading,
    settings,
    policy,
    policyDigest: digest,
    tookMs: registry.now().getTime() - began.getTime(),
  });
}

/** Cuts the tail of the evidence, and says so in a gap, where a look would be too large to keep. */
function trim(look: AnyLook): AnyLook {
  const size = JSON.stringify(look).length;
  if (size <= largestLookBytes) return look;
  const perItem = JSON.stringify(look.evidence).length / Math.max(1, look.evidence.length);
  const drop = Math.min(look.evidence.length, Math.ceil((size - largestLookBytes + 300) / perItem));
  const kept = look.evidence.slice(0, look.evidence.length - drop);
  const gap = `${drop} observations left out: the look was ${size} bytes, ${largestLookBytes} are kept`;
  return { ...look, evidence: [...kept, { source: 'nightshift', name: 'look.size', at: look.at, gap }] };
}

/** What can't be reached at all is a look that saw nothing: it still carries the policy in force. */
function blind(target: Target, error: unknown): Reading<unknown> {
  if (failureType(error) !== 'Unreachable') throw error;
  const why = messageOf(error);
  return {
    identity: { uid: 'unknown', name: shortName(target.key) },
    blind: why,
    healthy: false,
    healthNote: 'it could not be read',
    evidence: [],
    details: null,
    goingOn: [],
  };
}
