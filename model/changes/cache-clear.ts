import type { ChangeDraft, ChangeKind, Disruption } from '../change.js';
import type { CacheSettings, DockerLook } from '../container.js';
import { digest } from '../digest.js';
import { curlCommand, type EndpointParams, endpointParams } from './endpoint.js';
import { appObject, runningRefusal } from './object.js';

/** One configured cache of the app. The change's id is the idempotency key of the call. */
export type CacheClearParams = {
  readonly cache: string;
  readonly endpoint: EndpointParams;
  readonly disruption: Disruption;
  /** What clearing costs, in the words of the configuration. */
  readonly harm: string;
};

/** The change that clears one configured cache. */
export function planCacheClear(look: DockerLook, cache: CacheSettings): ChangeDraft<CacheClearParams> {
  const object = appObject(look);
  return {
    kind: 'cache.clear',
    object,
    touches: [object.key],
    fields: [],
    params: cacheParams(cache),
    fresh: {},
  };
}

export const cacheClear: ChangeKind<CacheClearParams, DockerLook> = {
  kind: 'cache.clear',
  title: 'Clear a cache of the application',
  disruption: ({ params }) => ({ disruption: params.disruption, why: params.harm }),
  describe: ({ object, params }) => ({
    sentence: `Clear the ${params.cache} cache of ${object.name}`,
    command: curlCommand(params.endpoint),
  }),
  precondition(change, look) {
    const refusal = runningRefusal(change, look);
    if (refusal !== null) return refusal;
    // The configuration is read anew with every look: what was taken out of it, or changed, is not called.
    const now = look.settings.caches.find((cache) => cache.name === change.params.cache);
    return now !== undefined && digest(cacheParams(now)) === digest(change.params)
      ? null
      : `The configuration of the cache ${change.params.cache} has changed since this was planned.`;
  },
  undo: () => ({ none: 'A cleared cache fills again by itself.' }),
  timeoutSeconds: ({ params }) => params.endpoint.timeoutSeconds + 10,
};

function cacheParams({ name, endpoint, disruption, harm }: CacheSettings): CacheClearParams {
  return { cache: name, endpoint: endpointParams(endpoint), disruption, harm };
}
