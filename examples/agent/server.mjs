/** Routes of the agent. */
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import { ADMIN_ACTIONS, checkToken, runAdmin } from './admin.mjs';
import { chat, statusOf } from './chat.mjs';
import { showFault } from './faults.mjs';
import { HttpError, parseObject, readText, sendJson } from './http.mjs';
import { log } from './log.mjs';
import { renderMetrics } from './metrics.mjs';

/** The HTTP server, not yet listening. @param {ReturnType<import('./state.mjs').createState>} state */
export function createAgentServer(state) {
  return createServer((request, response) => {
    handle(state, request, response).catch((error) => answerError(response, error));
  });
}

async function handle(state, request, response) {
  const { pathname } = new URL(request.url, 'http://agent');
  const route = routeOf(pathname);
  if (route === undefined) throw new HttpError(404, `no such path: ${pathname}`);
  if (request.method !== route.method) {
    throw new HttpError(405, `use ${route.method} for ${pathname}`, { allow: route.method });
  }
  if (route.admin) checkToken(state, request.headers.authorization);
  const fault = state.faults.next(route.fault);
  if (fault !== undefined) {
    log('fault', `fault ${fault} shown`, { path: pathname, fault });
    if (showFault(fault, response)) return;
    await route.run(state, request, muted(response));
    response.destroy();
    return;
  }
  await route.run(state, request, response);
}

function routeOf(pathname) {
  if (Object.hasOwn(ROUTES, pathname)) return ROUTES[pathname];
  const name = /^\/admin\/([a-z-]+)$/.exec(pathname)?.[1];
  if (name === undefined || !Object.hasOwn(ADMIN_ACTIONS, name)) return undefined;
  const run = (state, request, response) => admin(state, name, request, response);
  return { method: 'POST', admin: true, fault: name.replaceAll('-', '_').toUpperCase(), run };
}

const ROUTES = {
  '/chat': { method: 'POST', fault: 'CHAT', run: answerChat },
  '/health': { method: 'GET', fault: 'HEALTH', run: health },
  '/metrics': { method: 'GET', fault: 'METRICS', run: metrics },
  '/redirected': { method: 'POST', fault: 'REDIRECTED', run: redirected },
};

async function answerChat(state, request, response) {
  const { status, body } = await chat(state, parseObject(await readText(request)));
  sendJson(response, status, body);
}

async function admin(state, name, request, response) {
  const text = await readText(request);
  const key = request.headers['idempotency-key'];
  const { answer, replayed } = await runAdmin(state, name, { key, text, body: parseObject(text) });
  sendJson(response, answer.status, answer.body, replayed ? { 'idempotency-replayed': 'true' } : {});
}

async function health(state, _request, response) {
  const toldUnhealthy = state.config.unhealthyFile !== '' && existsSync(state.config.unhealthyFile);
  const status = toldUnhealthy ? 'unhealthy' : statusOf(state);
  sendJson(response, status === 'ok' ? 200 : 503, {
    status,
    degraded: state.degraded,
    inFlight: state.chats.count,
    uptimeSeconds: Math.round((Date.now() - state.startedAtMs) / 1000),
    rssBytes: process.memoryUsage.rss(),
    pid: process.pid,
  });
}

async function metrics(state, _request, response) {
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
  response.end(renderMetrics(state));
}

/** Where the `redirect` fault points. Nobody should come: an admin call must not be sent elsewhere. */
async function redirected(_state, _request, response) {
  log('redirect-followed', 'a caller followed the redirect');
  sendJson(response, 200, { redirected: true });
}

/** Takes an answer and sends none, for the `lost` fault: the work is done, its answer is not heard. */
function muted(response) {
  return { headersSent: true, destroyed: response.destroyed, writeHead: () => {}, end: () => {} };
}

function answerError(response, error) {
  if (error instanceof HttpError)
    return sendJson(response, error.status, { error: error.message }, error.headers);
  // A caller that went away in the middle is no error of ours.
  if (error.code === 'ECONNRESET') return response.destroy();
  log('error', String(error.message), { level: 'error', stack: error.stack });
  return sendJson(response, 500, { error: 'internal error' });
}
