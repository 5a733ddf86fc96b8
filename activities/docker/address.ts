import { failure } from '../failure.js';

/** How a Docker engine is reached. */
export interface EngineAddress {
  /** As targets' keys name it: `local` in `docker/local/agent`. */
  readonly name: string;
  /** `unix:///var/run/docker.sock`, `tcp://host:2376`, `ssh://user@host:22`. */
  readonly url: string;
  /** Paths of PEM files; needed for tcp to anywhere but loopback. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  /** For ssh: what is not in the worker's own ~/.ssh. Host keys are always checked. */
  readonly ssh?: { readonly keyFile?: string; readonly knownHostsFile?: string };
}

/** An address, taken apart and checked. */
export type Endpoint =
  | { readonly via: 'unix'; readonly path: string }
  | { readonly via: 'tcp'; readonly host: string; readonly port: number }
  | { readonly via: 'ssh'; readonly host: string; readonly port: number; readonly user: string };

/** Takes an engine's url apart. Throws `Misconfigured`, naming the engine and the mend. */
export function parseAddress(address: EngineAddress): Endpoint {
  const url = asUrl(address);
  if (url.protocol === 'unix:') return { via: 'unix', path: socketPath(address, url) };
  if (url.protocol === 'ssh:') return sshEndpoint(address, url);
  if (url.protocol === 'tcp:') return tcpEndpoint(address, url);
  throw wrong(address, `"${url.protocol}//" is not known: use unix://, tcp:// or ssh://`);
}

function asUrl(address: EngineAddress): URL {
  try {
    return new URL(address.url);
  } catch {
    throw wrong(address, 'it is no URL: write unix:///path, tcp://host:2376 or ssh://user@host');
  }
}

function socketPath(address: EngineAddress, url: URL): string {
  if (url.host !== '') throw wrong(address, 'a socket needs three slashes: unix:///var/run/docker.sock');
  return decodeURIComponent(url.pathname);
}

function sshEndpoint(address: EngineAddress, url: URL): Endpoint {
  // A host or user that begins with a dash would be taken for an option by ssh.
  if (!/^[A-Za-z0-9[_]/.test(url.hostname)) throw wrong(address, 'it names no host: ssh://user@host');
  if (url.password) throw wrong(address, 'no password in the address: use a key (ssh.keyFile or ssh-agent)');
  const user = decodeURIComponent(url.username);
  if (user !== '' && !/^[A-Za-z0-9_]/.test(user)) throw wrong(address, 'its user is no user name');
  return { via: 'ssh', host: unbracket(url.hostname), port: Number(url.port || 22), user };
}

function tcpEndpoint(address: EngineAddress, url: URL): Endpoint {
  const host = unbracket(url.hostname);
  if (host === '') throw wrong(address, 'it names no host: tcp://host:2376');
  if (!address.tls && !isLoopback(host)) {
    throw wrong(address, 'tcp without TLS is only taken for loopback: give tls with ca, cert and key');
  }
  return { via: 'tcp', host, port: Number(url.port || (address.tls ? 2376 : 2375)) };
}

const unbracket = (host: string): string => host.replace(/^\[(.*)\]$/, '$1');

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function wrong(address: EngineAddress, why: string) {
  return failure(
    'Misconfigured',
    `The address of engine ${address.name} (${address.url}) can’t be used: ${why}.`,
  );
}
