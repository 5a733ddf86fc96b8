/**
 * The service itself. It is no language model: it answers with an echo, and keeps a working context of a
 * fixed size for each conversation in the cache, which is what such a service spends its memory on.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from './http.mjs';

/** POST /chat {message, session?} @throws {HttpError} 400 for a bad message, 503 when none is taken */
export async function chat(state, body) {
  const { message, session } = readMessage(state, body);
  const reply = await state.chats.during(() => answer(state, message, session));
  state.chatRequests.answered += 1;
  return { status: 200, body: reply };
}

function readMessage(state, body) {
  if (!state.ready || state.draining || state.stopping) {
    state.chatRequests.refused += 1;
    throw new HttpError(503, `no chats are taken now: ${statusOf(state)}`);
  }
  const { message, session = 'default' } = body;
  if (typeof message !== 'string' || message === '' || typeof session !== 'string') {
    state.chatRequests.failed += 1;
    throw new HttpError(400, 'send {"message": "text", "session": "name"}; session may be left out');
  }
  return { message, session };
}

async function answer(state, message, session) {
  const key = `${session}\n${message}`;
  const cached = state.cache.get(key) !== undefined;
  if (state.config.chat.delayMs > 0 && !cached) await sleep(state.config.chat.delayMs);
  const reply = { reply: `You said: ${message}`, session, turn: state.sessions.turn(session), cached };
  // Non-essential, so off while degraded: keeping the context for next time, and suggestions.
  if (state.degraded) return { ...reply, degraded: true };
  if (!cached) state.cache.set(key, state.config.chat.contextBytes);
  return { ...reply, degraded: false, suggestions: ['Tell me more.', 'Why is that?'] };
}

/** One word for what the agent is doing. */
export function statusOf(state) {
  if (state.stopping) return 'stopping';
  if (!state.ready) return 'starting';
  if (state.draining) return 'draining';
  return 'ok';
}

/** Fills the cache as past conversations would have, within its bounds. @returns bytes now cached */
export function prefillCache(state) {
  const { fillBytes, maxItems } = state.config.cache;
  const itemBytes = Math.max(state.config.chat.contextBytes, Math.ceil(fillBytes / maxItems));
  for (let done = 0, n = 0; done < fillBytes; done += itemBytes, n += 1) {
    state.cache.set(`prefilled ${n}`, Math.min(itemBytes, fillBytes - done));
  }
  return state.cache.bytes;
}
