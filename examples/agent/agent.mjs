/**
 * The example agent: a small chat service with memory to spend, and a leak to lose it by. See README.md.
 * Exit codes: 0 stopped in order, 1 stopped with chats unanswered or failed, 2 bad configuration.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { prefillCache } from './chat.mjs';
import { ConfigError, configDigest, readAdminToken, readConfig } from './config.mjs';
import { isFirstLife, makeGarbage } from './leak.mjs';
import { log } from './log.mjs';
import { memoryLimit, watchMemory } from './memory.mjs';
import { createAgentServer } from './server.mjs';
import { createState } from './state.mjs';

function setUp() {
  const config = readConfig(process.env);
  const firstLife = isFirstLife(config.leak.onceFile);
  const memoryLimitBytes = memoryLimit(config.memory.limitBytes);
  return createState(config, { adminToken: readAdminToken(process.env), firstLife, memoryLimitBytes });
}

async function start(state, server) {
  const { config, gc, firstLife, memoryLimitBytes } = state;
  await listen(server, config);
  // Until it is ready, /health says "starting" with 503.
  await sleep(config.startDelaySeconds * 1000);
  if (state.stopping) return;
  if (state.firstLife) spendMemory(state);
  gc.start();
  watchMemory(state);
  state.ready = true;
  const { address, port } = server.address();
  const fields = { port, configDigest: configDigest(config), firstLife, memoryLimitBytes };
  log('started', `listening on ${address}:${port}`, {
    ...fields,
    cacheBytes: state.cache.bytes,
    node: process.version,
  });
}

/** What long service would have brought: a full cache, garbage and a leak. */
function spendMemory(state) {
  prefillCache(state);
  makeGarbage(state.config.garbageBytes);
  state.leak.start();
}

function listen(server, { host, port }) {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ConfigError(`can't listen on ${host}:${port} (${error.code}): set PORT or HOST to a free one.`),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** Stops in order: no new chats, those in flight are finished, then exit. */
async function stop(state, server, signal) {
  if (state.stopping) return;
  state.stopping = true;
  const inFlight = state.chats.count;
  log('stopping', `${signal}: stopping, ${inFlight} chats in flight`, { signal, inFlight });
  state.leak.stop();
  state.gc.stop();
  server.close();
  const left = await state.chats.idle(state.config.stopTimeoutSeconds);
  // One turn of the event loop for the last answers to leave.
  await sleep(20);
  log('stopped', `${inFlight - left} chats finished, ${left} left`, { drained: inFlight - left, left });
  process.exit(left === 0 ? 0 : 1);
}

function onSignals(state, server) {
  process.on('SIGINT', (signal) => void stop(state, server, signal));
  process.on('SIGTERM', (signal) => {
    if (state.config.ignoreSigterm) log('sigterm-ignored', 'SIGTERM ignored, as configured');
    else void stop(state, server, signal);
  });
}

try {
  const state = setUp();
  const server = createAgentServer(state);
  onSignals(state, server);
  await start(state, server);
} catch (error) {
  log('failed', error.message, {
    level: 'error',
    ...(error instanceof ConfigError ? {} : { stack: error.stack }),
  });
  process.exit(error instanceof ConfigError ? 2 : 1);
}
