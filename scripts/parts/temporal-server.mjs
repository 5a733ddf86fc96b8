import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { goProgram } from '../lib/go-program.mjs';

/**
 * The Temporal server by itself, for what the CLI's embedded one can't do: mutual TLS. The same version
 * as the CLI's, so that both share Go's build cache and behave alike.
 */
export const VERSION = '1.29.1';

/** The vendor publishes it as an image only, and it is nobody's usual program on PATH. */
export const { find, ensure } = goProgram({
  part: 'temporal-server',
  name: 'Temporal server',
  use: 'speaks mutual TLS',
  version: VERSION,
  variable: 'NIGHTSHIFT_TEMPORAL_SERVER',
  mend: 'install Go (https://go.dev/dl)',
  asks: ['--version'],
  tells: /version ([\d.]+)/,
  build: {
    module: 'go.temporal.io/server/cmd/server',
    packages: 1200,
    takes: 'some 2 min 10 s, or 20 s after the Temporal CLI; a program of 90 MB',
  },
});

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
