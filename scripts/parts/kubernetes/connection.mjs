import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Interrupted } from '../../lib/errors.mjs';

/**
 * A connection to a cluster's keeper; the cluster lives as long as one is open. Null if there is no keeper.
 *
 * @param {import('./places.mjs').Record} cluster
 * @returns {Promise<{ ended: boolean, running: (signal?: AbortSignal) => Promise<void>,
 *   order: (what: object) => Promise<void>, leave: () => Promise<void> } | null>}
 *   `running` waits until the programs are started; `order` has the process inside do something
 */
export async function connectKeeper(cluster) {
  const socket = await open(join(cluster.dir, 'keeper.sock'));
  return socket && connectionOn(socket);
}

function open(path) {
  return new Promise((resolve) => {
    const socket = connect({ path, allowHalfOpen: true });
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

function connectionOn(socket) {
  const waiting = new Map();
  let lastId = 0;
  const state = { ended: false, started: false, failure: null, onState: () => {} };
  createInterface({ input: socket })
    .on('line', (line) => {
      const message = JSON.parse(line);
      if (message.event === 'running') state.started = true;
      if (message.event === 'failed') state.failure = message.reason;
      if (message.event) return state.onState();
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error));
      else resolve();
    })
    .on('error', () => {});
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.on('close', () => {
    state.ended = true;
    state.onState();
    for (const { reject } of waiting.values()) reject(new Error('the cluster has ended'));
  });
  return {
    get ended() {
      return state.ended;
    },
    running: (signal) => whenRunning(state, signal),
    order: (what) =>
      new Promise((resolve, reject) => {
        lastId += 1;
        waiting.set(lastId, { resolve, reject });
        socket.write(`${JSON.stringify({ ...what, id: lastId })}\n`);
      }),
    leave: () => leave(socket),
  };
}

function whenRunning(state, signal) {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (signal?.aborted) reject(new Interrupted());
      else if (state.failure) reject(new Error(state.failure));
      else if (state.ended) reject(new Error('its keeper has ended'));
      else if (state.started) resolve();
      else return;
      signal?.removeEventListener('abort', look);
    };
    state.onState = look;
    signal?.addEventListener('abort', look, { once: true });
    look();
  });
}

/** Says goodbye; returns when the keeper closes: at once if others use the cluster, otherwise when it is gone. */
function leave(socket) {
  return new Promise((resolve) => {
    if (socket.closed) return resolve();
    socket.once('close', () => resolve());
    socket.end();
  });
}
