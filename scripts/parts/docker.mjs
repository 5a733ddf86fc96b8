import { aptInstall, mayInstall } from '../lib/apt.mjs';
import { candidates } from '../lib/engine-endpoint.mjs';
import { ping } from '../lib/engine-http.mjs';
import { PartError } from '../lib/errors.mjs';
import { startPrivateEngine } from '../lib/private-engine.mjs';
import { peek, which } from '../lib/run-command.mjs';

const TODO =
  'start Docker (Docker Desktop, or `sudo systemctl start docker`), or set DOCKER_HOST to an engine that you may use; ' +
  'as root on Debian or Ubuntu, a private engine is started for you';

/**
 * Looks for a Docker engine that answers, where the Docker CLI would look; starts nothing.
 * @returns {Promise<{ host: string, certPath?: string, version: string, arch: string, how: 'env' | 'context' | 'default' } | null>}
 */
export async function find() {
  return (await look()).found;
}

async function look() {
  const reasons = [];
  for (const { how, host, certPath } of candidates()) {
    const answer = await ping({ host, certPath });
    if (answer.ok)
      return { found: { host, certPath, version: answer.version, arch: answer.arch, how }, reasons };
    reasons.push(explain({ how, host, answer }));
  }
  return { found: null, reasons };
}

function explain({ how, host, answer }) {
  if (answer.code === 'EACCES') return `${host}: you may not use it (add yourself to the group \`docker\`)`;
  return `${host} (${how === 'env' ? 'DOCKER_HOST' : how}): ${answer.reason}`;
}

/**
 * Makes sure that there is an engine to be had: one that answers, or the program to start a private one.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ path: string, version: string, how: string, engine: Awaited<ReturnType<typeof find>> }>}
 *   `path` is the engine's address, or where `engine` is null, that of dockerd
 * @throws {PartError} if there is none, and none may be started here
 */
export async function ensure({ log, signal }) {
  const first = await look();
  if (first.found) return reachable(first.found);
  if (process.env.DOCKER_HOST)
    throw new PartError(`the Docker engine can't be used: ${first.reasons.join('; ')}`, TODO);
  if (!mayInstall()) {
    const why = first.reasons.length > 0 ? first.reasons.join('; ') : 'none is running here';
    throw new PartError(`no Docker engine can be reached: ${why}`, TODO);
  }
  const packages = ['docker.io', 'iptables', ...(which('ip') ? [] : ['iproute2'])];
  if (which('dockerd') && which('iptables') && which('ip')) return installed('path');
  log(
    `Docker engine: not here yet; the packages ${packages.join(', ')} are installed with apt, for the whole system`,
  );
  const reason = await aptInstall({ packages, log, label: 'docker', signal });
  if (reason) throw new PartError(`no Docker engine can be had: ${reason}`, TODO);
  // Where services are started on installation (systemd), there is an engine now; then that one is used.
  const second = await look();
  return second.found ? reachable(second.found) : installed('installed');
}

function reachable(engine) {
  return { path: engine.host, version: engine.version, how: engine.how, engine };
}

function installed(how) {
  const path = which('dockerd');
  const version = path && /version ([\d.]+)/.exec(peek(path, ['--version']) ?? '')?.[1];
  if (!version) throw new PartError('dockerd is not on PATH, or does not run', TODO);
  return { path, version, how, engine: null };
}

/**
 * An engine to work with: the one that can be reached, as it is; otherwise a private one, where we may.
 *
 * Call `stop()` when done: it stops a private engine that nobody else uses, and does nothing to any other.
 * If this process dies without it, the private engine stops by itself within seconds.
 *
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ host: string, env: Record<string, string>, private: boolean, version: string, stop: () => Promise<void> }>}
 *   `env`: the variables by which a child process finds this engine
 * @throws {PartError}
 */
export async function start({ log, signal }) {
  const { path, version, engine } = await ensure({ log, signal });
  if (!engine) {
    const own = await startPrivateEngine({ dockerd: path, name: 'default', log, signal });
    return { host: own.host, env: { DOCKER_HOST: own.host }, private: true, version, stop: own.stop };
  }
  const tls = engine.certPath ? { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: engine.certPath } : {};
  const env = { DOCKER_HOST: engine.host, ...tls };
  return { host: engine.host, env, private: false, version, stop: async () => {} };
}

/**
 * A private engine of its own name, whatever else can be reached: for tests that do harm to an engine.
 * @param {{ name: string, log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ host: string, pid: number, stop: () => Promise<void> }>} `pid` is dockerd's
 * @throws {PartError} if dockerd isn't here, or we are not root
 */
export async function startPrivate({ name, log, signal }) {
  if (!mayInstall())
    throw new PartError('a private Docker engine needs root on Debian or Ubuntu', 'run it as root');
  const { path } = installed('path');
  return startPrivateEngine({ dockerd: path, name, log, signal });
}
