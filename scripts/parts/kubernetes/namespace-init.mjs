// The process inside a cluster's own namespaces (processes, mounts, network) that starts and ends its programs.
// Started by keeper.mjs through `unshare`; when it ends, the kernel ends everything else in there.
// Orders come on stdin, a JSON object a line: { id, do: 'begin' | 'start' | 'stop' | 'run', name, … }.
// What happens goes to stdout in the same way. The end of stdin is the end of the cluster.
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { components } from './components.mjs';
import { SYSCTLS } from './settings.mjs';

const AGAIN_MS = 500;
const cluster = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const at = (...names) => join(cluster.dir, ...names);
/** name → { component, child, wanted } */
const running = new Map();

const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);

function run(command, args) {
  const result = spawnSync(command, args, { encoding: 'utf8' });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')}: ${result.stderr || result.error?.message}`);
}

/**
 * What would be left behind on the machine is covered: /run, /var/log, /var/lib, and the kernel's settings.
 * The programs are shown in a folder of the cluster first, wherever they are.
 */
function mounts() {
  run('mount', ['--make-rshared', '/']);
  for (const [name, path] of Object.entries(cluster.programs)) {
    writeFileSync(at('bin', name), '');
    run('mount', ['--bind', path, at('bin', name)]);
  }
  for (const name of Object.keys(SYSCTLS))
    run('mount', ['--bind', at('sysctl', name.replaceAll('/', '.')), join('/proc/sys', name)]);
  for (const folder of ['/run', '/var/log', '/var/lib', at('etcd')])
    run('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'nightshift', folder]);
  mkdirSync('/var/lib/kubelet');
  // The kubelet's own cAdvisor looks for it there only; without it, its figures have no container's name.
  mkdirSync('/run/containerd');
  symlinkSync(at('containerd.sock'), '/run/containerd/containerd.sock');
}

/** The keeper has put the other end of the link in here, as `node0`. */
function network() {
  const ip = (...args) => run('ip', args);
  ip('link', 'set', 'lo', 'up');
  ip('addr', 'add', `${cluster.nodeIp}/24`, 'dev', 'node0');
  ip('link', 'set', 'node0', 'up');
  ip('route', 'add', 'default', 'via', cluster.hostIp);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
}

async function startAll() {
  for (const component of components(cluster)) {
    if (component.after) await listening(component.after);
    launch({ component, wanted: true, child: null });
  }
}

/** A program that ends without being told to is started again, as an init system would do. */
function launch(entry) {
  const { name, command = at('bin', name), args, env = {} } = entry.component;
  const log = openSync(at('log', `${name}.log`), 'a');
  const path = `${at('bin')}:${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin`;
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    env: { ...process.env, HOME: '/root', ...env, PATH: path },
  });
  closeSync(log);
  running.set(name, Object.assign(entry, { child, wanted: true }));
  const over = (reason) => {
    if (entry.child !== child) return;
    entry.child = null;
    if (!entry.wanted) return;
    say({ event: 'ended', name, reason });
    setTimeout(() => entry.wanted && !entry.child && launch(entry), AGAIN_MS);
  };
  child.on('error', (error) => over(error.message));
  child.on('exit', (code, signal) => over(signal ?? `exit code ${code}`));
}

async function listening(port) {
  const tryIt = () =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1');
      const answer = (yes) => {
        socket.destroy();
        resolve(yes);
      };
      socket.once('connect', () => answer(true));
      socket.once('error', () => answer(false));
    });
  while (!(await tryIt())) await new Promise((resolve) => setTimeout(resolve, 100));
}

const orders = {
  async begin() {
    network();
    await startAll();
  },
  async start({ name }) {
    const entry = entryOf(name);
    if (!entry.child) launch(entry);
  },
  /** A program besides the cluster's own, on the node's address: a database that isn't in a pod. */
  async run({ name, command, args, env }) {
    if (running.has(name)) throw new Error(`the cluster has a program ${name} already`);
    launch({ component: { name, command, args, env }, wanted: true, child: null });
  },
  async stop({ name, signal = 'SIGTERM' }) {
    const entry = entryOf(name);
    entry.wanted = false;
    const { child } = entry;
    if (!child) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill(signal);
    await ended;
  },
};

function entryOf(name) {
  const entry = running.get(name);
  if (!entry) throw new Error(`the cluster has no program ${name}; it has ${[...running.keys()].join(', ')}`);
  return entry;
}

mounts();
const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const order = JSON.parse(line);
  const work = orders[order.do](order);
  work.then(
    () => say({ id: order.id, done: true }),
    (error) => say({ id: order.id, error: error.message }),
  );
});
lines.on('close', () => process.exit(0));
say({ event: 'ready' });
