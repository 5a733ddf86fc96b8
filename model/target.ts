/**
 * The thing looked after. Keys are paths, and a key that begins another one contains it:
 * `docker/local` (the host) contains `docker/local/agent` (a container on it) and
 * `docker/local/process:indexer` (a process on it; no container name has a colon).
 */
export interface Target {
  /** Stable: the same thing has the same key in every incident. */
  readonly key: string;
  /** `container`, `host`, `hostProcess`, or what an added runbook calls its own. */
  readonly kind: string;
  /** Whose governor rules over it and whose workers reach it: `docker/local`. */
  readonly scope: string;
}

/** True where `outer` is `inner` or contains it. */
export function contains(outer: string, inner: string): boolean {
  return inner === outer || inner.startsWith(`${outer}/`);
}

/** True where touching one touches the other. */
export function overlaps(a: string, b: string): boolean {
  return contains(a, b) || contains(b, a);
}

/** The last part of a key: what people call the thing. */
export function shortName(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
