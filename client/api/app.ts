import { Hono } from 'hono';
import { routePath } from 'hono/route';
import { alertRoutes } from './alerts.js';
import type { ApiEnv, ApiParts } from './context.js';
import { ApiError, answerError } from './errors.js';
import { incidentRoutes } from './incidents.js';
import { runbookRoutes } from './runbooks.js';

export type Api = Hono<ApiEnv>;

/**
 * The HTTP API. `/healthz`, `/readyz`, `/metrics` and `/runbooks` need no token and name no target; all else is for
 * tokens, and for the targets that a token is for.
 */
export function createApi(parts: ApiParts): Api {
  const { metrics, logger } = parts;
  const app = new Hono<ApiEnv>();
  app.use(async (c, next) => {
    const end = metrics.requests.startTimer({ method: c.req.method });
    await next();
    c.header('Cache-Control', 'no-store');
    c.header('X-Content-Type-Options', 'nosniff');
    end({ route: c.res.status === 404 ? 'none' : routePath(c, -1), code: c.res.status });
  });
  app.get('/healthz', (c) => c.json({ ok: true }));
  app.get('/readyz', async (c) => {
    await parts.ready();
    return c.json({ ok: true });
  });
  app.get('/metrics', async (c) =>
    c.body(await metrics.registry.metrics(), 200, { 'Content-Type': metrics.registry.contentType }),
  );
  app.route('/alerts', alertRoutes(parts));
  app.route('/incidents', incidentRoutes(parts));
  app.route('/runbooks', runbookRoutes(parts.pages ?? []));
  app.notFound((c) => answerError(c, noSuchAddress(), logger));
  app.onError((error, c) => answerError(c, error, logger));
  return app;
}

function noSuchAddress(): ApiError {
  return new ApiError(
    404,
    'there is nothing at this address',
    'The documentation of the API lists its addresses.',
  );
}
