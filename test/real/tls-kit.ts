import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Connection } from '@temporalio/client';
import { configure } from '../../scripts/parts/temporal-server.mjs';
import { freePort } from './intake-temporal.js';

const run = promisify(execFile);

/** What `npm test` found, or undefined: then the tests that need it are skipped. */
export const parts = {
  server: process.env.NIGHTSHIFT_TEMPORAL_SERVER,
  cli: process.env.NIGHTSHIFT_TEMPORAL_CLI,
  openssl: process.env.NIGHTSHIFT_OPENSSL,
};

/** The name that the server's certificate is for. Not the address that it is reached by: as behind a balancer. */
export const serverName = 'temporal.nightshift.test';

export interface Pair {
  readonly cert: string;
  readonly key: string;
}

/** Paths of PEM files: two authorities that don't know one another, and who they vouch for. */
export interface Certificates {
  readonly ca: string;
  readonly otherCa: string;
  readonly server: Pair;
  readonly client: Pair;
  /** Of the other authority. */
  readonly stranger: Pair;
}

/** Good for two days; the server's for as long as is said, which may be over. */
export async function makeCertificates(
  folder: string,
  { serverDays = 2 }: { readonly serverDays?: number } = {},
): Promise<Certificates> {
  const file = (name: string): string => join(folder, name);
  const openssl = (...args: readonly string[]) => run(parts.openssl ?? 'openssl', args);
  const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  const authority = async (name: string): Promise<Pair> => {
    const pair = { cert: file(`${name}.pem`), key: file(`${name}.key`) };
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    await openssl('req', '-x509', ...keys, ...subject, '-keyout', pair.key, '-out', pair.cert);
    return pair;
  };
  const signed = async (name: string, by: Pair, extension: string, days = 2): Promise<Pair> => {
    const pair = { cert: file(`${name}.pem`), key: file(`${name}.key`) };
    const request = file(`${name}.csr`);
    const extensions = file(`${name}.ext`);
    await writeFile(extensions, `${extension}\n`);
    await openssl('req', ...keys, '-subj', `/CN=${name}`, '-keyout', pair.key, '-out', request);
    const ca = ['-CA', by.cert, '-CAkey', by.key, '-CAcreateserial'];
    const valid = ['-days', String(days), '-extfile', extensions];
    await openssl('x509', '-req', '-in', request, ...ca, ...valid, '-out', pair.cert);
    return pair;
  };
  const ours = await authority('authority');
  const other = await authority('other-authority');
  return {
    ca: ours.cert,
    otherCa: other.cert,
    server: await signed('server', ours, `subjectAltName=DNS:${serverName}`, serverDays),
    client: await signed('client', ours, 'extendedKeyUsage=clientAuth'),
    stranger: await signed('stranger', other, 'extendedKeyUsage=clientAuth'),
  };
}

export interface MtlsServer {
  readonly address: string;
  readonly folder: string;
  readonly certificates: Certificates;
  stop(): Promise<void>;
}

/** A Temporal server of the vendor's own program, that lets in whoever shows a certificate of our authority. */
export async function startMtlsServer(): Promise<MtlsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'ns-tls-'));
  const certificates = await makeCertificates(folder);
  const port = await freePort();
  const { args } = configure({
    dir: folder,
    ports: {
      frontend: port,
      http: await freePort(),
      history: await freePort(),
      matching: await freePort(),
      worker: await freePort(),
      membership: [await freePort(), await freePort(), await freePort(), await freePort()],
    },
    tls: { ca: certificates.ca, ...certificates.server, serverName },
  });
  const child = spawn(parts.server ?? 'temporal-server', args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => said.push(String(text)));
  const stop = async (): Promise<void> => {
    await end(child);
    await rm(folder, { recursive: true, force: true });
  };
  const address = `127.0.0.1:${port}`;
  try {
    await answers(address, certificates, child);
  } catch (error) {
    await stop();
    throw new Error(`the server did not come up: ${said.join('').slice(-2_000)}`, { cause: error });
  }
  return { address, folder, certificates, stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

async function answers(address: string, { ca, client }: Certificates, child: ChildProcess): Promise<void> {
  const tls = {
    serverRootCACertificate: await readFile(ca),
    clientCertPair: { crt: await readFile(client.cert), key: await readFile(client.key) },
    serverNameOverride: serverName,
  };
  const until = Date.now() + 60_000;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, tls, connectTimeout: 2_000 });
      return await connection.close();
    } catch (error) {
      if (Date.now() > until || child.exitCode !== null) throw error;
      await sleep(200);
    }
  }
}

/** Runs the documented script, which compose runs too, with the Temporal CLI that was found. */
export async function prepareNamespace(server: MtlsServer, namespace: string): Promise<void> {
  const { ca, client } = server.certificates;
  const script = fileURLToPath(new URL('../../deploy/temporal/namespace.sh', import.meta.url));
  await run('sh', [script], {
    env: {
      PATH: process.env.PATH,
      HOME: server.folder,
      TEMPORAL_CLI: parts.cli,
      TEMPORAL_NAMESPACE: namespace,
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_TLS_CA: ca,
      TEMPORAL_TLS_CERT: client.cert,
      TEMPORAL_TLS_KEY: client.key,
      TEMPORAL_TLS_SERVER_NAME: serverName,
    },
  });
}
