import { sha256Hex } from '../digest.js';
import { canonicalJson } from '../json.js';
import { bundleFormat, bundleVersion, type IncidentBundle } from './types.js';

/** What a bundle is made of; the rest follows from it. */
export type BundleParts = Omit<IncidentBundle, 'format' | 'version' | 'about' | 'digest'>;

const about =
  'One closed incident of Nightshift, whole: what happened (facts), the report, the policy in force, and the ' +
  'Temporal history. `nightshift incident show --bundle FILE` tells it; `history` is Temporal’s own JSON, which its ' +
  'web UI imports and the replayer of every SDK reads.';

/**
 * SHA-256 of a text in UTF-8, as hex. The pure one is the default; where Node is, its own is ten times as fast and
 * gives the same.
 */
export type Sha256 = (text: string) => string;

/** The digest that belongs into a bundle: SHA-256 of the canonical JSON of everything in it but `digest`. */
export function bundleDigest(bundle: Readonly<Record<string, unknown>>, sha256: Sha256 = sha256Hex): string {
  const { digest: _, ...rest } = bundle;
  return `sha256:${sha256(canonicalJson(rest))}`;
}

/** A bundle with its digest, from its parts. */
export function sealBundle(parts: BundleParts, sha256?: Sha256): IncidentBundle {
  const head = { format: bundleFormat, version: bundleVersion, about } as const;
  return { ...head, digest: bundleDigest({ ...head, ...parts }, sha256), ...parts };
}
