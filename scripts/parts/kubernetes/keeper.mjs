// The keeper of one cluster: a process of its own, which outlives its users by design. It makes what lies outside
// of the cluster's namespaces (control groups, the link), and takes everything away when the last user has gone.
// Started by cluster.mjs with the path of the cluster's `cluster.json`; its output is the cluster's log/keeper.log.
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { ip } from '../../lib/bridge.mjs';
import { allPids, parentOf, startTimeOf } from '../../lib/processes.mjs';
import { which } from '../../lib/run-command.mjs';
import { makeCgroups } from './cgroups.mjs';
import { writeJson } from './places.mjs';
import { sweep } from './sweep.mjs';

const INIT = fileURLToPath(new URL('./namespace-init.mjs', import.meta.url));
const FIRST_USER_MS = 8_000;
/** The shell is process 1 in there: it waits, and so buries whatever is orphaned. */
const SHELL = 'exec 3<&0; "$@" <&3 & wait $!';
const NAMESPACES = [
  '--mount',
  '--pid',
  '--net',
  '--ipc',
  '--uts',
  '--fork',
  '--mount-proc',
  '--propagation',
  'slave',
];

const file = process.argv[2];
const cluster = JSON.parse(readFileSync(file, 'utf8'));
/** Connections of users. */
const users = new Set();
/** Orders that wait for their answer: our id → who gave it, and under which id. */
const waiting = new Map();
let state = 'starting';
let failure = '';
let init;
let lastId = 0;

writeJson(join(cluster.dir, 'keeper.json'), { pid: process.pid, start: startTimeOf(process.pid) });
const server = createServer({ allowHalfOpen: true }, welcome);
for (const name of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(name, () => stop());
server.listen(join(cluster.dir, 'keeper.sock'), () => {
  setTimeout(() => users.size === 0 && stop(), FIRST_USER_MS).unref();
  start().catch((error) => fail(error.message));
});

function welcome(socket) {
  if (state === 'stopping') return socket.end();
  users.add(socket);
  tellState(socket);
  socket.on('error', () => {});
  socket.on('end', () => gone(socket));
  socket.on('close', () => gone(socket));
  createInterface({ input: socket })
    .on('line', (line) => {
      const { id, ...what } = JSON.parse(line);
      order(what).then(
        () => socket.write(`${JSON.stringify({ id, done: true })}\n`),
        (error) => socket.write(`${JSON.stringify({ id, error: error.message })}\n`),
      );
    })
    .on('error', () => {});
}

function tellState(socket) {
  if (state === 'running') socket.write(`${JSON.stringify({ event: 'running' })}\n`);
  // It stays open: whoever started us may want to look at the logs before they go.
  if (state === 'failed') socket.write(`${JSON.stringify({ event: 'failed', reason: failure })}\n`);
}

async function start() {
  makeCgroups(cluster.cgroup);
  if (state !== 'starting') return;
  mkdirSync(join(cluster.dir, 'metrics-server'), { recursive: true });
  const args = [
    ...NAMESPACES,
    '--kill-child=SIGKILL',
    '/bin/sh',
    '-c',
    SHELL,
    'sh',
    process.execPath,
    INIT,
    file,
  ];
  init = spawn(which('unshare'), args, { stdio: ['pipe', 'pipe', 'inherit'] });
  init.on('error', (error) => fail(error.message));
  init.on('exit', (code, signal) =>
    fail(`the cluster's first process ended (${signal ?? `exit code ${code}`})`),
  );
  init.stdin.on('error', () => {});
  await new Promise((resolve) => {
    createInterface({ input: init.stdout }).on('line', (line) => heard(JSON.parse(line), resolve));
  });
  if (state !== 'starting') return;
  await connectNetwork();
  if (state !== 'starting') return;
  await order({ do: 'begin' });
  if (state !== 'starting') return;
  state = 'running';
  for (const socket of users) tellState(socket);
}

/** A link between the machine and the cluster's own network, and the way to its pods. */
async function connectNetwork() {
  const { link, hostIp, nodeIp, podRange } = cluster;
  const inside = allPids().find((pid) => parentOf(pid) === init.pid);
  if (!inside) throw new Error("the cluster's first process has gone");
  await ip(['link', 'add', link, 'type', 'veth', 'peer', 'name', 'node0', 'netns', String(inside)]);
  await ip(['addr', 'add', `${hostIp}/24`, 'dev', link]);
  await ip(['link', 'set', link, 'up']);
  await ip(['route', 'add', podRange, 'via', nodeIp, 'dev', link]);
}

function heard(message, onReady) {
  if (message.event === 'ready') return onReady();
  if (message.event === 'ended') {
    console.error(
      `${new Date().toISOString()} ${message.name} ended (${message.reason}); it is started again`,
    );
    return;
  }
  const { resolve, reject } = waiting.get(message.id) ?? {};
  if (!waiting.delete(message.id)) return;
  if (message.error) reject(new Error(message.error));
  else resolve();
}

/** Has the process inside do something. */
function order(what) {
  if (state === 'failed') return Promise.reject(new Error(failure));
  lastId += 1;
  const id = lastId;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    init.stdin.write(`${JSON.stringify({ ...what, id })}\n`);
  });
}

function fail(reason) {
  if (state === 'failed' || state === 'stopping') return;
  state = 'failed';
  failure = reason;
  console.error(reason);
  for (const { reject } of waiting.values()) reject(new Error(reason));
  waiting.clear();
  for (const socket of users) tellState(socket);
  if (users.size === 0) void stop();
}

function gone(socket) {
  if (!users.delete(socket)) return;
  if (users.size === 0) void stop();
  else socket.end();
}

/** Takes everything away and ends. */
async function stop() {
  if (state === 'stopping') return;
  state = 'stopping';
  const left = await sweep({ dir: cluster.dir, record: cluster });
  for (const each of left) console.error(`nightshift: ${each} stays`);
  // Its end closes the users' connections, which is what they wait for.
  process.exit(0);
}
