import type { Outside } from '../activities/kubernetes/asked.js';
import { readMongo } from '../activities/mongo/connections.js';
import { readSessions } from '../activities/redis/sessions.js';

/** What is counted outside the cluster's API: sessions in Redis, connections to Redis and MongoDB. */
export function createOutside(secret: (name: string) => string): Outside {
  return {
    sessions: (settings, signal) => readSessions(settings, secret, signal),
    mongo: (settings, signal) => readMongo(settings, secret, signal),
  };
}
