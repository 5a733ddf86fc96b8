import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { goInstall } from '../lib/go.mjs';
import { peek } from '../lib/run-command.mjs';

/**
 * The Temporal server by itself, for what the CLI's embedded one can't do: mutual TLS. The same version
 * as the CLI's, so that both share Go's build cache and behave alike.
 */
export const VERSION = '1.29.1';
const PART = 'temporal-server';
const VARIABLE = 'NIGHTSHIFT_TEMPORAL_SERVER';

/** @returns {Promise<{ path: string, version: string, how: string } | null>} */
export async function find() {
  const named = process.env[VARIABLE];
  if (named) {
    const version = versionOf(named);
    if (version) return { path: named, version, how: 'env' };
    throw new PartError(
      `${VARIABLE} is ${named}, which is no Temporal server`,
      'let it name one, or unset it',
    );
  }
  // `temporal-server` is nobody's usual program on PATH, so PATH isn't looked at.
  const kept = cached(PART, VERSION);
  return kept ? { path: join(kept.dir, PART), version: VERSION, how: 'cache' } : null;
}

/**
 * Finds the server or builds it. The vendor publishes it as an image only.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string }>}
 * @throws {PartError} if it can't be had
 */
export async function ensure({ log, signal }) {
  const found = await find();
  if (found) return found;
  const filled = await fillCache({
    title: `Temporal server ${VERSION} (for the tests with mutual TLS)`,
    part: PART,
    version: VERSION,
    log,
    signal,
    ways: [{ how: 'built', fill: (dir) => fromSource({ dir, log, signal }) }],
    verify: (dir) => {
      if (!versionOf(join(dir, PART))) throw new Error('the server that was built does not run');
    },
  });
  if ('dir' in filled) return { path: join(filled.dir, PART), version: VERSION, how: filled.how };
  throw new PartError(
    `the Temporal server can't be had (${filled.reasons.map((reason) => reason.split('\n').pop()).join('; ')})`,
    `install Go (https://go.dev/dl), or set ${VARIABLE} to the path of a temporal-server`,
  );
}

async function fromSource({ dir, log, signal }) {
  const reason = await goInstall({
    module: 'go.temporal.io/server/cmd/server',
    version: `v${VERSION}`,
    into: dir,
    packages: 1200,
    takes: 'some 2 min 10 s, or 20 s after the Temporal CLI; a program of 90 MB',
    log,
    label: PART,
    signal,
  });
  if (!reason) renameSync(join(dir, 'server'), join(dir, PART));
  return reason;
}

function versionOf(path) {
  return /version ([\d.]+)/.exec(peek(path, ['--version']) ?? '')?.[1] ?? null;
}

/**
 * Writes the server's configuration into a folder: SQLite in a file, all services in one process on
 * loopback, a frontend that demands a client certificate.
 *
 * @param {{ dir: string, ports: { frontend: number, http: number, history: number, matching: number, worker: number,
 *   membership: [number, number, number, number] }, tls: { ca: string, cert: string, key: string, serverName: string } }} options
 *   `tls`: paths of PEM files; the certificate is the server's, and that by which its own worker service signs in
 * @returns {{ args: string[] }} the server's arguments
 */
export function configure({ dir, ports, tls }) {
  mkdirSync(join(dir, 'config'), { recursive: true });
  writeFileSync(join(dir, 'config', 'mtls.yaml'), JSON.stringify(serverConfig({ dir, ports, tls }), null, 2));
  writeFileSync(join(dir, 'config', 'dynamic.yaml'), '{}\n');
  return { args: ['--root', dir, '--config', 'config', '--env', 'mtls', '--allow-no-auth', 'start'] };
}

function serverConfig({ dir, ports, tls }) {
  const store = {
    sql: {
      pluginName: 'sqlite',
      databaseName: join(dir, 'temporal.db'),
      connectAddr: 'localhost',
      connectProtocol: 'tcp',
      connectAttributes: { cache: 'private', setup: 'true', journal_mode: 'wal', synchronous: '1' },
      maxConns: 1,
      maxIdleConns: 1,
    },
  };
  const service = (port, membership) => ({
    rpc: { grpcPort: port, membershipPort: membership, bindOnLocalHost: true },
  });
  const client = { serverName: tls.serverName, rootCaFiles: [tls.ca] };
  const [front, history, matching, worker] = ports.membership;
  const address = `127.0.0.1:${ports.frontend}`;
  return {
    log: { stdout: true, level: 'warn' },
    persistence: {
      defaultStore: 'main',
      visibilityStore: 'main',
      numHistoryShards: 1,
      datastores: { main: store },
    },
    global: {
      membership: { maxJoinDuration: '30s', broadcastAddress: '127.0.0.1' },
      tls: {
        frontend: {
          server: { certFile: tls.cert, keyFile: tls.key, requireClientAuth: true, clientCaFiles: [tls.ca] },
          client,
        },
        systemWorker: { certFile: tls.cert, keyFile: tls.key, client },
      },
    },
    services: {
      frontend: { rpc: { ...service(ports.frontend, front).rpc, httpPort: ports.http } },
      history: service(ports.history, history),
      matching: service(ports.matching, matching),
      worker: service(ports.worker, worker),
    },
    clusterMetadata: {
      enableGlobalNamespace: false,
      failoverVersionIncrement: 10,
      masterClusterName: 'active',
      currentClusterName: 'active',
      clusterInformation: {
        active: { enabled: true, initialFailoverVersion: 1, rpcName: 'frontend', rpcAddress: address },
      },
    },
    dcRedirectionPolicy: { policy: 'noop' },
    publicClient: { hostPort: address },
    dynamicConfigClient: { filepath: join(dir, 'config', 'dynamic.yaml'), pollInterval: '60s' },
  };
}
