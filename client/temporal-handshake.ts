import { once } from 'node:events';
import { isIP, connect as tcpConnect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, type TLSSocket, connect as tlsConnect } from 'node:tls';

/** What stands between us and a Temporal server, and what to do about it. */
export interface Trouble {
  readonly says: string;
  readonly mend: string;
  /** True where waiting can't help: TLS that does not fit. A server that is not there may be on its way. */
  readonly lasting: boolean;
}

type Found = Omit<Trouble, 'lasting'> & Partial<Trouble>;

/** What of TLS the SDK is given. Absent: plain text. */
export interface TlsParts {
  readonly serverRootCACertificate?: Uint8Array;
  readonly clientCertPair?: { readonly crt: Uint8Array; readonly key: Uint8Array };
  readonly serverNameOverride?: string;
}

const limitMs = 2_000;

/**
 * Why no connection comes about, found by one handshake of our own: the SDK only says that its time is up, whatever
 * the server answered. Undefined where the handshake finds nothing wrong.
 */
export async function handshakeTrouble(address: string, tls: TlsParts | false): Promise<Trouble | undefined> {
  const at = address.lastIndexOf(':');
  const host = address.slice(0, at).replace(/^\[(.*)\]$/, '$1');
  const port = Number(address.slice(at + 1));
  const reached = await tcpTrouble(host, port);
  if (reached) return reached;
  if (tls) return lasting(tlsTrouble(await tlsError(tlsOptions(host, port, tls)), host, tls));
  const error = await tlsError({ host, port, rejectUnauthorized: false, ALPNProtocols: ['h2'] });
  // A server without TLS answers the greeting with nonsense; one with it at most misses our certificate.
  if (error !== undefined && !/CERTIFICATE/i.test(codeOf(error))) return undefined;
  return lasting({
    says: 'it speaks TLS, and the configuration says plain text',
    mend: 'Set temporal.tls: caFile (or true, for authorities of the system), and certFile and keyFile if it asks for a certificate.',
  });
}

function lasting(trouble: Found | undefined): Trouble | undefined {
  return trouble && { lasting: true, ...trouble };
}

async function tcpTrouble(host: string, port: number): Promise<Trouble | undefined> {
  const socket = tcpConnect({ host, port });
  socket.on('error', () => undefined);
  try {
    await Promise.race([once(socket, 'connect'), late()]);
    return undefined;
  } catch (error) {
    return {
      says: reachWords[codeOf(error)] ?? messageOf(error),
      mend: 'Start it (`nightshift up` brings its own), or correct temporal.address.',
      lasting: false,
    };
  } finally {
    socket.destroy();
  }
}

const reachWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'there is no host of that name',
  EAI_AGAIN: "the host's name can't be looked up now",
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
};

async function late(): Promise<never> {
  await sleep(limitMs, undefined, { ref: false });
  throw new Error(`no answer within ${limitMs / 1_000} s`);
}

function tlsOptions(host: string, port: number, tls: TlsParts): ConnectionOptions {
  const { serverRootCACertificate: ca, clientCertPair: pair, serverNameOverride: name } = tls;
  return {
    host,
    port,
    ALPNProtocols: ['h2'],
    ...(ca && { ca: Buffer.from(ca) }),
    ...(pair && { cert: Buffer.from(pair.crt), key: Buffer.from(pair.key) }),
    ...(name !== undefined ? { servername: name } : isIP(host) ? {} : { servername: host }),
  };
}

/**
 * What one handshake ends with; undefined: the server goes on to speak HTTP/2. Under TLS 1.3 a server refuses the
 * client's certificate only after the client thinks that all is well, so its first words are waited for.
 */
async function tlsError(options: ConnectionOptions): Promise<unknown> {
  let socket: TLSSocket | undefined;
  try {
    socket = tlsConnect(options);
    // A second error, after the one that is told, must not end the process.
    socket.on('error', () => undefined);
    const ended = once(socket, 'close').then(() => {
      throw new Error('it closed the connection');
    });
    await Promise.race([once(socket, 'data'), ended, late()]);
    return undefined;
  } catch (error) {
    return error;
  } finally {
    socket?.destroy();
  }
}

function tlsTrouble(error: unknown, host: string, tls: TlsParts): Found | undefined {
  if (error === undefined) return undefined;
  const code = codeOf(error);
  const expected = tls.serverNameOverride ?? host;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return {
      says: `its certificate is not for ${expected} (${messageOf(error)})`,
      mend: "Set temporal.tls.serverName to a name that is in the server's certificate.",
    };
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID')
    return {
      says: `its certificate is not valid now (${messageOf(error)})`,
      mend: "Renew the server's certificate, or set this machine's clock.",
    };
  if (/^(UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|CERT_)/.test(code))
    return {
      says: `its certificate is not signed by an authority that is trusted here (${messageOf(error)})`,
      mend: "Set temporal.tls.caFile to the certificate of the authority that signed the server's.",
    };
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'ERR_SSL_PACKET_LENGTH_TOO_LONG')
    return {
      says: 'it speaks plain text, and the configuration says TLS',
      mend: 'Take temporal.tls (and temporal.apiKey, which implies it) out, or correct temporal.address.',
    };
  return ownTrouble(error, code, tls);
}

/** What is wrong with our own certificate, as we or the server see it. */
function ownTrouble(error: unknown, code: string, { clientCertPair }: TlsParts): Found {
  if (/^ERR_OSSL_/.test(code))
    return {
      says: `the client certificate and its key can't be used: ${messageOf(error)}`,
      mend: 'Set temporal.tls.certFile and temporal.tls.keyFile to a certificate and its own key, as PEM.',
    };
  if (/ALERT/.test(code))
    return {
      says: clientCertPair
        ? `it refuses our client certificate (${alertOf(code)})`
        : `it demands a client certificate (${alertOf(code)})`,
      mend: 'Set temporal.tls.certFile and temporal.tls.keyFile to a client certificate that the server accepts.',
    };
  return {
    says: `the TLS handshake failed: ${messageOf(error)}`,
    mend: 'Check temporal.address, and temporal.tls (caFile, certFile, keyFile, serverName).',
    lasting: false,
  };
}

/** `ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED` → `certificate required`. */
function alertOf(code: string): string {
  return code
    .replace(/^.*ALERT_/, '')
    .toLowerCase()
    .replaceAll('_', ' ');
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.trim() : String(error);
}
