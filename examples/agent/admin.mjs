/**
 * The admin endpoints: what a runbook may do to the live agent. Each real effect writes exactly one log line
 * (`cache-cleared`, `sessions-cleared`, `gc`, `degraded`, `drained`, `undrained`), from which effects are
 * counted. A call that changes nothing, such as degrading twice, writes none.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { HttpError } from './http.mjs';
import { log } from './log.mjs';

/** Path below /admin/ to what it does. */
export const ADMIN_ACTIONS = {
  'clear-cache': clearCache,
  'clear-sessions': clearSessions,
  gc: runGc,
  degrade,
  drain,
};

/** Lets the call through when no token is configured, or this is it. @throws {HttpError} 401 */
export function checkToken(state, authorization = '') {
  if (state.adminToken === '') return;
  const given = /^Bearer (.+)$/i.exec(authorization)?.[1] ?? '';
  if (!timingSafeEqual(digest(given), digest(state.adminToken))) {
    throw new HttpError(401, 'send the admin token as "Authorization: Bearer <token>"', {
      'www-authenticate': 'Bearer',
    });
  }
}

/** Runs one action, once for each idempotency key. @returns {{answer: {status, body}, replayed: boolean}} */
export async function runAdmin(state, name, { key, body, text }) {
  const work = async () => ({
    status: 200,
    body: await ADMIN_ACTIONS[name](state, body, { idempotencyKey: key }),
  });
  const result =
    key === undefined
      ? { answer: await work(), replayed: false }
      : await state.idempotency.once(key, `POST /admin/${name} ${text}`.trim(), work);
  log('admin', `admin call ${name}`, {
    action: name,
    idempotencyKey: key ?? null,
    replayed: result.replayed,
  });
  return result;
}

async function clearCache(state, _body, mark) {
  const { items, bytes } = state.cache.clear();
  log('cache-cleared', `${items} items dropped from the cache`, {
    cleared: items,
    freedBytes: bytes,
    ...mark,
  });
  return { cleared: items, freedBytes: bytes };
}

async function clearSessions(state, _body, mark) {
  const cleared = state.sessions.clear();
  log('sessions-cleared', `${cleared} sessions lost`, { cleared, ...mark });
  return { cleared };
}

function runGc(state, _body, mark) {
  return state.gc.run('admin', mark);
}

async function degrade(state, body, mark) {
  const enabled = readEnabled(body);
  const changed = state.degraded !== enabled;
  state.degraded = enabled;
  if (changed) {
    log('degraded', `non-essential features are ${enabled ? 'off' : 'on again'}`, { enabled, ...mark });
  }
  return { degraded: enabled, changed };
}

async function drain(state, body, mark) {
  const enabled = body.enabled === undefined ? true : readEnabled(body);
  if (!enabled) return undrain(state, mark);
  const from = performance.now();
  const changed = !state.draining;
  const inFlightBefore = state.chats.count;
  state.draining = true;
  const inFlight = await state.chats.idle(state.config.drainTimeoutSeconds);
  const waitedMs = Math.round(performance.now() - from);
  const counts = { inFlight, drained: Math.max(0, inFlightBefore - inFlight), waitedMs };
  if (changed) log('drained', `no chats are taken; ${inFlight} still in flight`, { ...counts, ...mark });
  return { draining: state.draining, ...counts, changed };
}

function undrain(state, mark) {
  const changed = state.draining;
  state.draining = false;
  if (changed) log('undrained', 'chats are taken again', mark);
  return { draining: false, inFlight: state.chats.count, changed };
}

function readEnabled(body) {
  if (typeof body.enabled !== 'boolean')
    throw new HttpError(400, 'send {"enabled": true} or {"enabled": false}');
  return body.enabled;
}

/** Of equal length for every text, so that comparing takes the same time. */
function digest(text) {
  return createHash('sha256').update(text).digest();
}
