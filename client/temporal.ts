import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection, type ConnectionOptions, isGrpcServiceError } from '@temporalio/client';
import { type DataConverter, NamespaceNotFoundError } from '@temporalio/common';
import type { TemporalSettings } from '../config/types.js';
import { handshakeTrouble, type Trouble } from './temporal-handshake.js';

/** Temporal does not answer, or refuses this client. `mend` says what to do about it. */
export class TemporalUnreachable extends Error {
  override readonly name = 'TemporalUnreachable';
  constructor(
    message: string,
    readonly mend: string,
    options?: { readonly cause?: unknown },
  ) {
    super(message, options);
  }
}

export interface TemporalClient {
  readonly client: Client;
  readonly connection: Connection;
  close(): Promise<void>;
}

export interface ConnectOptions {
  /** True: don't wait for the server; the first call does. For the API, which starts while Temporal is down. */
  readonly lazy?: boolean;
  /** Milliseconds that connecting may take. */
  readonly timeoutMs?: number;
  readonly identity?: string;
  readonly dataConverter?: DataConverter;
}

/** Connects to the Temporal server of the settings. Throws `TemporalUnreachable`. */
export async function connectTemporal(
  settings: TemporalSettings,
  options: ConnectOptions = {},
): Promise<TemporalClient> {
  const wanted = await connectionOptions(settings, options.timeoutMs ?? 5_000);
  const connection = options.lazy ? Connection.lazy(wanted) : await connect(settings, wanted);
  const client = new Client({
    connection,
    namespace: settings.namespace,
    ...(options.identity === undefined ? {} : { identity: options.identity }),
    ...(options.dataConverter === undefined ? {} : { dataConverter: options.dataConverter }),
  });
  if (!options.lazy) await checkNamespace(client, connection);
  return { client, connection, close: () => connection.close() };
}

/** What the SDK wants, with the certificates read. Workers connect with the same. */
export async function connectionOptions(
  settings: TemporalSettings,
  timeoutMs = 5_000,
): Promise<ConnectionOptions> {
  const tls = settings.tls ? await readTls(settings.tls) : false;
  return {
    address: settings.address,
    tls,
    connectTimeout: timeoutMs,
    ...(settings.apiKey === undefined ? {} : { apiKey: settings.apiKey }),
  };
}

async function readTls(tls: NonNullable<TemporalSettings['tls']>) {
  if ((tls.certFile === undefined) !== (tls.keyFile === undefined)) {
    throw new TemporalUnreachable(
      'temporal.tls names a certificate or a key, but not both',
      'Set both temporal.tls.certFile and temporal.tls.keyFile, or neither.',
    );
  }
  const [ca, crt, key] = await Promise.all([
    readPart('caFile', tls.caFile),
    readPart('certFile', tls.certFile),
    readPart('keyFile', tls.keyFile),
  ]);
  return {
    ...(ca === undefined ? {} : { serverRootCACertificate: ca }),
    ...(crt === undefined || key === undefined ? {} : { clientCertPair: { crt, key } }),
    ...(tls.serverName === undefined ? {} : { serverNameOverride: tls.serverName }),
  };
}

async function readPart(name: string, file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    throw new TemporalUnreachable(
      `temporal.tls.${name}: ${file} can't be read (${codeOf(error)})`,
      `Put the file there, readable by this user, or correct temporal.tls.${name}.`,
      { cause: error },
    );
  }
}

/**
 * The SDK tries until its time is up, and then doesn't say what was wrong. So a connection that is not there after a
 * while is looked into, and what can't mend itself (TLS that does not fit) ends it at once.
 */
async function connect(settings: TemporalSettings, options: ConnectionOptions): Promise<Connection> {
  const connecting = Connection.connect(options);
  const looking = new AbortController();
  const { tls } = options;
  const fails = sleep(lookAfterMs, undefined, { signal: looking.signal }).then(async () => {
    const trouble = await handshakeTrouble(settings.address, typeof tls === 'object' && tls ? tls : false);
    if (trouble?.lasting) throw troubled(settings.address, trouble);
    return connecting;
  });
  fails.catch(() => undefined);
  try {
    return await Promise.race([connecting, fails]);
  } catch (error) {
    if (error instanceof TemporalUnreachable) {
      // It may still come about, and nobody would close it.
      connecting.then((late) => late.close()).catch(() => undefined);
      throw error;
    }
    throw unreachable(settings.address, error) ?? (await notConnected(settings, options, error));
  } finally {
    looking.abort();
  }
}

/** How long a connection may take before it is looked into, milliseconds. */
const lookAfterMs = 700;

async function notConnected({ address }: TemporalSettings, { tls }: ConnectionOptions, error: unknown) {
  const trouble = await handshakeTrouble(address, typeof tls === 'object' && tls ? tls : false);
  if (trouble) return troubled(address, trouble, error);
  return new TemporalUnreachable(
    `Temporal at ${address} can't be connected to: ${detailsOf(error)}`,
    startIt,
    {
      cause: error,
    },
  );
}

function troubled(address: string, { says, mend }: Trouble, cause?: unknown): TemporalUnreachable {
  return new TemporalUnreachable(`Temporal at ${address} can't be connected to: ${says}`, mend, { cause });
}

const startIt = 'Start it (`nightshift up` brings its own), or correct temporal.address and temporal.tls.';

/** A namespace that is not there is found now and not by the first alert. One that may not be described is let pass. */
async function checkNamespace(client: Client, connection: Connection): Promise<void> {
  const { namespace } = client.options;
  try {
    await reach(client, 5_000, () => connection.workflowService.describeNamespace({ namespace }));
  } catch (error) {
    if (grpcCode(error) !== codes.permissionDenied) {
      await connection.close();
      throw error;
    }
  }
}

const codes = {
  deadlineExceeded: 4,
  permissionDenied: 7,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/**
 * Makes one call with a time limit, and turns "does not answer" into `TemporalUnreachable`. Other errors pass.
 * Without a limit the SDK would retry for a minute before it gave up, longer than any webhook sender waits.
 */
export async function reach<T>(client: Client, timeoutMs: number, call: () => Promise<T>): Promise<T> {
  const { connection } = client;
  try {
    return await connection.withDeadline(Date.now() + timeoutMs, call);
  } catch (error) {
    const address = connection instanceof Connection ? connection.options.address : 'its address';
    throw unreachable(address, error, client.options.namespace) ?? error;
  }
}

/** The typed error for what Temporal's client threw, or undefined where the server did answer. */
function unreachable(address: string, error: unknown, namespace?: string): TemporalUnreachable | undefined {
  if (error instanceof TemporalUnreachable) return error;
  const said = detailsOf(error);
  const make = (what: string, mend: string) => new TemporalUnreachable(what, mend, { cause: error });
  if (error instanceof NamespaceNotFoundError || /^Namespace .* is not found/.test(said)) {
    return make(
      `Temporal at ${address} has no namespace ${namespace ?? ''}`,
      `Create it (temporal operator namespace create ${namespace ?? '<name>'}), or correct temporal.namespace.`,
    );
  }
  switch (grpcCode(error)) {
    case codes.deadlineExceeded:
      return make(`Temporal at ${address} does not answer`, startIt);
    case codes.unavailable:
      return make(`Temporal at ${address} does not answer: ${said}`, startIt);
    case codes.unauthenticated:
      return make(
        `Temporal at ${address} refuses this client: ${said}`,
        'Check temporal.apiKey and the client certificate (temporal.tls.certFile, keyFile).',
      );
    case codes.permissionDenied:
      return namespace === undefined
        ? make(
            `Temporal at ${address} refuses this client: ${said}`,
            'Check temporal.apiKey and the client certificate (temporal.tls.certFile, keyFile).',
          )
        : undefined;
    default:
      return undefined;
  }
}

/** The gRPC status code of an error or of its cause. */
export function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  if (error instanceof Error && isGrpcServiceError(error.cause)) return error.cause.code;
  return undefined;
}

function detailsOf(error: unknown): string {
  if (isGrpcServiceError(error)) return error.details || error.message;
  if (error instanceof Error && isGrpcServiceError(error.cause)) return detailsOf(error.cause);
  return error instanceof Error ? error.message : String(error);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
