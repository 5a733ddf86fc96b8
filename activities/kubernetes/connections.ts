import type { MongoReading, PodReading, SessionReading } from '../../model/kubernetes/details.js';
import type { WorkloadSettings } from '../../model/kubernetes/settings.js';
import type { Notebook } from '../notebook.js';
import type { FromOutside } from './asked.js';

interface Told {
  readonly sessions?: FromOutside<SessionReading>;
  readonly mongo?: FromOutside<MongoReading>;
}

/**
 * Connections to Redis and MongoDB, pod by pod: those that the server sees come from the pod's address. Behind a proxy
 * or an address translation it sees another one; then what the pod itself has open to that port counts, where it was
 * looked into, and otherwise they can't be told apart.
 */
export function withConnections(
  pods: readonly PodReading[],
  told: Told,
  settings: WorkloadSettings,
  notebook: Notebook,
): readonly PodReading[] {
  const redis = attributed(pods, told.sessions?.connections, portOf(settings.sessions?.url, 6379));
  const mongo = attributed(pods, told.mongo?.connections, portOf(settings.mongo?.url, 27017));
  const wanted: readonly [string, string, typeof redis, unknown][] = [
    ['CLIENT LIST', 'redis.connections', redis, told.sessions?.connections],
    ['$currentOp', 'mongo.connections', mongo, told.mongo?.connections],
  ];
  for (const [source, name, counts, connections] of wanted)
    if (connections !== undefined && counts === 'hidden')
      notebook.gap(
        source,
        name,
        'its clients come from other addresses than the pods’: they can’t be told apart',
      );
  return pods.map((pod, index) => {
    const ofRedis = redis === 'hidden' ? undefined : redis[index];
    const ofMongo = mongo === 'hidden' ? undefined : mongo[index];
    return {
      ...pod,
      ...(ofRedis !== undefined && { redisConnections: ofRedis }),
      ...(ofMongo !== undefined && { mongoConnections: ofMongo }),
    };
  });
}

/** Counts in the pods' order, or `hidden` where the server's clients are none of the pods. */
function attributed(
  pods: readonly PodReading[],
  connections: ReadonlyMap<string, number> | undefined,
  port: string | undefined,
): readonly (number | undefined)[] | 'hidden' {
  if (port === undefined) return pods.map(() => undefined);
  const seen = connections !== undefined && pods.some(({ ip }) => ip !== undefined && connections.has(ip));
  // Nobody at all is connected: then these are not, either.
  if (seen || connections?.size === 0)
    return pods.map(({ ip }) => (ip === undefined ? undefined : (connections?.get(ip) ?? 0)));
  const open = pods.map(({ process }) =>
    process?.sockets === undefined ? undefined : (process.sockets[port] ?? 0),
  );
  return open.some((count) => count !== undefined) ? open : 'hidden';
}

/** Undefined: no such server is configured. */
function portOf(url: string | undefined, usual: number): string | undefined {
  if (url === undefined) return undefined;
  return /:(\d+)(?:[/?,]|$)/.exec(url.replace(/^[a-z+]+:\/\//, ''))?.[1] ?? String(usual);
}
