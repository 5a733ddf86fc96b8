/** Causes, as the diagnosis names them and the ladder reads them. The first five are the source's. */
export const causes = {
  sessions: 'too-many-sessions',
  pools: 'pool-exhaustion',
  leak: 'leak',
  contexts: 'large-contexts',
  limit: 'limit-too-small',
  node: 'node-pressure',
  traffic: 'traffic-peak',
  pageCache: 'page-cache',
  /** It can't be told: what it may be stands behind it. */
  unclear: 'unclear',
} as const;

export type CauseName = (typeof causes)[keyof typeof causes];
