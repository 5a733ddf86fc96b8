import { digest } from '../digest.js';
import { bundleFormat, bundleVersion, type IncidentBundle } from './types.js';

/** What a bundle is made of; the rest follows from it. */
export type BundleParts = Omit<IncidentBundle, 'format' | 'version' | 'about' | 'digest'>;

const about =
  'One closed incident of Nightshift, whole: what happened (facts), the report, the policy in force, and the ' +
  'Temporal history. `nightshift incident show --bundle FILE` tells it; history is Temporal’s own JSON, which ' +
  '`temporal workflow` and every Temporal SDK read.';

/** The digest that belongs into a bundle: SHA-256 of the canonical JSON of everything in it but `digest`. */
export function bundleDigest(bundle: Readonly<Record<string, unknown>>): string {
  const { digest: _, ...rest } = bundle;
  return `sha256:${digest(rest)}`;
}

/** A bundle with its digest, from its parts. */
export function sealBundle(parts: BundleParts): IncidentBundle {
  const head = { format: bundleFormat, version: bundleVersion, about } as const;
  return { ...head, digest: bundleDigest({ ...head, ...parts }), ...parts };
}
