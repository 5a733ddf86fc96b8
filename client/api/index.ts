/** The HTTP API in front of Temporal, where people and senders are authenticated and authorised. */
export { type Api, createApi } from './app.js';
export type { ApiParts } from './context.js';
export { type ApiMetrics, createApiMetrics } from './metrics.js';
export { CannotListen, type ServeOptions, type Serving, serve } from './serve.js';
export { type ApiProcess, type ApiSetup, startApi } from './start.js';
