import { spawn } from 'node:child_process';
import { closeSync, cpSync, existsSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../../lib/cache.mjs';
import { PartError, throwIfInterrupted } from '../../lib/errors.mjs';
import { withLock } from '../../lib/lock.mjs';
import { startProgress } from '../../lib/log.mjs';
import { apiClient } from './api.mjs';
import { makeCertificates } from './certificates.mjs';
import { connectKeeper } from './connection.mjs';
import { importImage } from './images.mjs';
import { metricsObjects } from './objects.mjs';
import { pauseImage } from './pause-image.mjs';
import { CLUSTERS, hasOwner, LOCK, readJson, records, reserve } from './places.mjs';
import { writeSettings } from './settings.mjs';
import { sweep } from './sweep.mjs';

const KEEPER = fileURLToPath(new URL('./keeper.mjs', import.meta.url));
const KEEPER_MS = 20_000;
const READY_MS = 120_000;
const POLL_MS = 100;

/**
 * Starts a cluster of its own. It ends with the last process that holds a connection to its keeper.
 * @param {{ programs: Record<string, string>, log: (line: string) => void, signal?: AbortSignal }} options
 */
export async function startOwn({ programs, log, signal }) {
  const progress = startProgress(log, 'kubernetes');
  let connection;
  let cluster;
  try {
    // With the lock held until there is a keeper, so that nobody takes this cluster for a leftover.
    await withLock(LOCK, { log, signal, what: 'the start of a Kubernetes cluster' }, async () => {
      await sweepLeftovers(log);
      cluster = reserve(programs);
      await makeCertificates(cluster, signal);
      writeSettings(cluster);
      connection = await spawnKeeper(cluster, signal);
    });
    await connection.running(signal);
    progress.update('its programs are started');
    await pauseImage({ cluster, log, signal });
    await becomeReady({ cluster, connection, progress, signal });
    return handle(cluster, connection);
  } catch (error) {
    const known = error.name === 'Interrupted' || error.name === 'PartError';
    const logs = cluster && !known ? keepLogs(cluster) : CLUSTERS;
    await connection?.leave();
    if (cluster) await sweep({ dir: cluster.dir, record: cluster });
    if (known) throw error;
    throw new PartError(`the Kubernetes cluster doesn't start: ${error.message}`, `look into ${logs}`);
  } finally {
    progress.end();
  }
}

/**
 * Joins a running cluster of this machine; it stays as long as we do.
 * @param {string} dir the cluster's folder
 */
export async function joinOwn(dir) {
  const cluster = readJson(join(dir, 'cluster.json'));
  if (!cluster) throw new PartError(`there is no cluster in ${dir}`, 'start one');
  const connection = await connectKeeper(cluster);
  if (!connection) throw new PartError(`the cluster in ${dir} has ended`, 'start one');
  await connection.running();
  return handle(cluster, connection);
}

function handle(cluster, connection) {
  const { dir, id, nodeIp, hostIp, podRange, nodeName, programs } = cluster;
  const kubeconfig = join(dir, 'admin.kubeconfig');
  return {
    private: true,
    id,
    dir,
    kubeconfig,
    nodeIp,
    hostIp,
    podRange,
    nodeName,
    kubectl: programs.kubectl,
    auditLog: join(dir, 'audit.log'),
    env: { NIGHTSHIFT_KUBECONFIG: kubeconfig, NIGHTSHIFT_CLUSTER: dir },
    importImage: (archive, options = {}) => importImage(cluster, archive, options.signal),
    stopProgram: (name, killed = 'SIGTERM') => connection.order({ do: 'stop', name, signal: killed }),
    startProgram: (name) => connection.order({ do: 'start', name }),
    runProgram: (program) => connection.order({ do: 'run', ...program }),
    waitForMetrics: (options = {}) => waitForMetrics(cluster, options),
    stop: () => stop(cluster, connection),
  };
}

/** The keeper takes everything away, unless it has been killed: then it is done here. */
async function stop(cluster, connection) {
  await connection.leave();
  if (!hasOwner({ dir: cluster.dir, record: null })) await sweep({ dir: cluster.dir, record: cluster });
}

async function spawnKeeper(cluster, signal) {
  const out = openSync(join(cluster.dir, 'log/keeper.log'), 'a');
  // Without the mark of whoever started us: it must outlive that one, to take the cluster away.
  const { NIGHTSHIFT_STARTED_BY, ...env } = process.env;
  const child = spawn(process.execPath, [KEEPER, join(cluster.dir, 'cluster.json')], {
    detached: true,
    stdio: ['ignore', out, out],
    env,
  });
  closeSync(out);
  child.unref();
  const end = Date.now() + KEEPER_MS;
  for (;;) {
    throwIfInterrupted(signal);
    const connection = await connectKeeper(cluster);
    if (connection) return connection;
    if (child.exitCode !== null || Date.now() > end) throw new Error("the cluster's keeper doesn't start");
    await pause();
  }
}

/** A node that is ready, the service account that pods run as, and the metrics-server made known. */
async function becomeReady({ cluster, connection, progress, signal }) {
  const api = apiClient(join(cluster.dir, 'admin.kubeconfig'));
  const wait = (what, check) => until({ what, check, connection, progress, signal });
  try {
    await wait('the API server', () => answers(api, '/readyz', () => true));
    for (const [path, object] of metricsObjects(cluster)) await api.create(path, object);
    const isReady = ({ status }) =>
      status.conditions?.some((each) => each.type === 'Ready' && each.status === 'True');
    await wait('the node', () => answers(api, `/api/v1/nodes/${cluster.nodeName}`, isReady));
    await wait('the service account', () =>
      answers(api, '/api/v1/namespaces/default/serviceaccounts/default', () => true),
    );
  } finally {
    api.close();
  }
}

async function answers(api, path, check) {
  const { status, body } = await api.request('GET', path).catch(() => ({ status: 0 }));
  return status === 200 && check(body);
}

async function until({ what, check, connection, progress, signal, ms = READY_MS }) {
  const end = Date.now() + ms;
  progress?.update(`waiting for ${what}`);
  while (!(await check())) {
    throwIfInterrupted(signal);
    if (connection?.ended) throw new Error('its keeper has ended');
    if (Date.now() > end) throw new Error(`${what} isn't ready within ${ms / 1000} s`);
    await pause();
  }
}

/** Waits until `kubectl top` has figures of the node: some 20 s after the start. */
async function waitForMetrics(cluster, { signal, ms = READY_MS }) {
  const api = apiClient(join(cluster.dir, 'admin.kubeconfig'));
  const path = `/apis/metrics.k8s.io/v1beta1/nodes/${cluster.nodeName}`;
  try {
    await until({ what: 'the metrics-server', check: () => answers(api, path, () => true), signal, ms });
  } finally {
    api.close();
  }
}

/**
 * Removes what killed runs have left of their clusters; running ones stay.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 */
export function removeLeftovers({ log, signal }) {
  return withLock(LOCK, { log, signal, what: 'the Kubernetes clusters' }, () => sweepLeftovers(log));
}

async function sweepLeftovers(log) {
  const dead = records().filter((each) => !hasOwner(each));
  for (const each of dead) {
    log(`  kubernetes: removing what an interrupted run left of the cluster ${each.id}`);
    for (const left of await sweep(each)) log(`  kubernetes: ${left} stays`);
  }
}

/** The logs of a start that failed, kept for looking into; those of the failure before are replaced. */
function keepLogs(cluster) {
  const to = join(cacheRoot(), 'kubernetes-logs');
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  if (existsSync(join(cluster.dir, 'log'))) cpSync(join(cluster.dir, 'log'), to, { recursive: true });
  return to;
}

function pause() {
  return new Promise((resolve) => setTimeout(resolve, POLL_MS));
}
