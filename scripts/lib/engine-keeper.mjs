// The keeper of a private Docker engine: a process of its own, which outlives its users by design.
// Started by private-engine.mjs with { dockerd, paths } as its argument; its output is the engine's log.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { makeBridge, removeBridge } from './bridge.mjs';
import { ping } from './engine-http.mjs';
import { removeContainers, sweep } from './engine-sweep.mjs';
import { waitGone } from './processes.mjs';

const FIRST_USER_MS = 8_000;
const START_MS = 45_000;
const STOP_MS = 30_000;

const { dockerd, paths } = JSON.parse(process.argv[2]);
const endpoint = { host: `unix://${paths.socket}` };
const users = new Set();
let state = 'starting';
let failure = '';
let child;
let starting = Promise.resolve();

const server = createServer({ allowHalfOpen: true }, (socket) => {
  if (state === 'stopping') return socket.end('stopping\n');
  users.add(socket);
  if (state !== 'starting') announce(socket);
  socket.on('error', () => {});
  socket.on('data', () => {});
  socket.on('end', () => gone(socket));
  socket.on('close', () => gone(socket));
});

for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => stop());

// The starter holds a lock, so a socket that is there has nobody behind it.
mkdirSync(paths.run, { recursive: true, mode: 0o700 });
rmSync(paths.keeper, { force: true });
server.listen(paths.keeper, () => {
  setTimeout(() => users.size === 0 && stop(), FIRST_USER_MS).unref();
  starting = start().catch((error) => fail(error.message));
});

async function start() {
  await sweep(paths);
  await makeBridge(paths.bridge);
  if (state !== 'starting') return;
  writeFileSync(join(paths.run, 'daemon.json'), '{}\n');
  child = spawn(dockerd, dockerdArguments(), {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, PATH: `${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin` },
  });
  child.on('error', (error) => fail(error.message));
  child.on(
    'exit',
    (code, signal) => state !== 'stopping' && fail(`dockerd ended (${signal ?? `exit code ${code}`})`),
  );
  const end = Date.now() + START_MS;
  while (!(await ping(endpoint)).ok) {
    if (state !== 'starting') return;
    if (Date.now() > end) return fail(`dockerd doesn't answer within ${START_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  // What a crashed run left: the engine is ours alone, so every container in it is, too.
  await removeContainers(endpoint);
  if (state !== 'starting') return;
  state = 'ready';
  for (const socket of users) announce(socket);
}

/**
 * It leaves the machine's firewall, forwarding and `docker0` as they are (published ports go through
 * docker-proxy), and a containerd that others use, too. What it does without is a way from its
 * containers to the internet.
 */
function dockerdArguments() {
  return [
    ...['--config-file', join(paths.run, 'daemon.json')],
    ...['--data-root', paths.data, '--exec-root', paths.exec],
    ...['-H', endpoint.host, '--pidfile', paths.pidFile],
    ...[
      '--bridge',
      paths.bridge,
      '--iptables=false',
      '--ip6tables=false',
      '--ip-forward=false',
      '--ip-masq=false',
    ],
    ...[
      '--containerd-namespace',
      paths.namespace,
      '--containerd-plugins-namespace',
      `${paths.namespace}-plugins`,
    ],
    ...['--shutdown-timeout', '10'],
  ];
}

function announce(socket) {
  if (state === 'ready') socket.write('ready\n');
  else socket.end(`failed ${failure}\n`);
}

function fail(reason) {
  if (state === 'failed' || state === 'stopping') return;
  state = 'failed';
  failure = reason;
  for (const socket of users) announce(socket);
  void stop();
}

function gone(socket) {
  if (!users.delete(socket)) return;
  if (users.size === 0) void stop();
  else socket.end();
}

/** Stops everything and ends. */
async function stop() {
  if (state === 'stopping') return;
  const wasReady = state === 'ready';
  state = 'stopping';
  await starting;
  if (child?.pid && child.exitCode === null && child.signalCode === null) {
    if (wasReady) await removeContainers(endpoint);
    child.kill('SIGTERM');
    if (!(await waitGone(child.pid, STOP_MS))) child.kill('SIGKILL');
  }
  await sweep(paths);
  await removeBridge(paths.bridge);
  try {
    rmSync(paths.run, { recursive: true, force: true });
  } catch (error) {
    console.error(`nightshift: ${paths.run} stays: ${error.message}`);
  }
  // Its end closes the users' connections, which is what they wait for.
  process.exit(0);
}
