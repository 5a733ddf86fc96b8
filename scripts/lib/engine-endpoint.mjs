import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Where the Docker CLI would look for its engine, in its order: DOCKER_HOST, the chosen context,
 * the usual sockets (system, Docker Desktop, rootless).
 * @returns {{ how: 'env' | 'context' | 'default', host: string, certPath?: string }[]}
 */
export function candidates(env = process.env) {
  if (env.DOCKER_HOST) {
    const tls = env.DOCKER_HOST.startsWith('tcp:') && env.DOCKER_TLS_VERIFY;
    const certPath = tls ? env.DOCKER_CERT_PATH || join(homedir(), '.docker') : undefined;
    return [{ how: 'env', host: env.DOCKER_HOST, certPath }];
  }
  const chosen = contextEndpoint(env);
  if (chosen) return [chosen];
  const sockets = ['/var/run/docker.sock', join(homedir(), '.docker/run/docker.sock')];
  if (env.XDG_RUNTIME_DIR) sockets.push(join(env.XDG_RUNTIME_DIR, 'docker.sock'));
  return sockets.filter(existsSync).map((path) => ({ how: 'default', host: `unix://${path}` }));
}

/** The endpoint of the Docker CLI's chosen context, or null if that is the default one. */
function contextEndpoint(env) {
  const home = env.DOCKER_CONFIG || join(homedir(), '.docker');
  const name = env.DOCKER_CONTEXT || readJson(join(home, 'config.json'))?.currentContext;
  if (!name || name === 'default') return null;
  const id = createHash('sha256').update(name).digest('hex');
  const host = readJson(join(home, 'contexts/meta', id, 'meta.json'))?.Endpoints?.docker?.Host;
  if (!host) return null;
  const certPath = join(home, 'contexts/tls', id, 'docker');
  return { how: 'context', host, certPath: existsSync(certPath) ? certPath : undefined };
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
