import { collectDefaultMetrics, Histogram, Registry } from 'prom-client';
import { type AlertMetrics, alertMetrics } from '../alerts/index.js';

export interface ApiMetrics extends AlertMetrics {
  readonly registry: Registry;
  readonly requests: Histogram<'method' | 'route' | 'code'>;
}

/** The API's figures. They carry no names of targets, tokens or alerts, so that anybody may scrape them. */
export function createApiMetrics(registry = new Registry()): ApiMetrics {
  collectDefaultMetrics({ register: registry });
  return {
    ...alertMetrics(registry),
    registry,
    requests: new Histogram({
      name: 'nightshift_api_request_seconds',
      help: 'Time to answer a request, by route and status code',
      labelNames: ['method', 'route', 'code'],
      buckets: [0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60],
      registers: [registry],
    }),
  };
}
