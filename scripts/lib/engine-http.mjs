import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';

/**
 * Where an engine is: its address as in DOCKER_HOST, and the folder of its TLS files, if it has any.
 * @typedef {{ host: string, certPath?: string }} Endpoint
 */

/**
 * One request to a Docker engine, over its unix socket, TCP or TCP with TLS.
 *
 * @param {Endpoint} endpoint
 * @param {{ method?: string, path: string, query?: Record<string, string | string[]>, body?: import('node:stream').Readable,
 *   timeout?: number, signal?: AbortSignal }} request `timeout` in ms without any traffic; `body` is a tar stream
 * @returns {Promise<{ status: number, text: string }>}
 * @throws {Error} if the engine can't be reached, or its address is of another sort
 */
export function engineRequest(endpoint, { method = 'GET', path, query, body, timeout = 30_000, signal }) {
  const { transport, options } = addressOf(endpoint);
  return new Promise((resolve, reject) => {
    const headers = body ? { 'Content-Type': 'application/x-tar', 'Transfer-Encoding': 'chunked' } : {};
    const request = transport.request(
      { ...options, method, path: path + queryString(query), headers, timeout, signal },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
        response.on('error', reject);
      },
    );
    request.on('timeout', () => request.destroy(new Error(`the engine at ${endpoint.host} doesn't answer`)));
    request.on('error', reject);
    if (!body) return request.end();
    body.on('error', (error) => request.destroy(error));
    body.pipe(request);
  });
}

/** The same, its JSON answer parsed. Any status of 400 or more is an error with the engine's own words. */
export async function engineJson(endpoint, request) {
  const { status, text } = await engineRequest(endpoint, request);
  if (status >= 400)
    throw new Error(`${request.method ?? 'GET'} ${request.path} answers ${status}: ${messageOf(text)}`);
  return text ? JSON.parse(text) : null;
}

/** The engine's version and machine, if it answers within 3 s; otherwise why not. */
export async function ping(endpoint) {
  try {
    const version = await engineJson(endpoint, { path: '/version', timeout: 3_000 });
    return { ok: true, version: version.Version, arch: version.Arch, os: version.Os };
  } catch (error) {
    return { ok: false, code: error.code, reason: error.code ?? error.message };
  }
}

function messageOf(text) {
  try {
    return JSON.parse(text).message ?? text;
  } catch {
    return text.trim();
  }
}

function queryString(query = {}) {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query))
    for (const each of [value].flat()) search.append(key, each);
  const text = search.toString();
  return text ? `?${text}` : '';
}

function addressOf({ host, certPath }) {
  const url = new URL(host);
  if (url.protocol === 'unix:') {
    return { transport: http, options: { socketPath: decodeURIComponent(url.pathname), host: 'docker' } };
  }
  if (!['tcp:', 'http:', 'https:'].includes(url.protocol)) {
    throw new Error(`an engine at ${url.protocol}// is not supported here, only unix:// and tcp://`);
  }
  const tls = certPath !== undefined || url.protocol === 'https:';
  const place = { host: url.hostname, port: url.port || (tls ? 2376 : 2375) };
  return tls
    ? { transport: https, options: { ...place, ...tlsFiles(certPath) } }
    : { transport: http, options: place };
}

function tlsFiles(certPath) {
  const read = (name) => {
    const path = join(certPath ?? '', name);
    return certPath && existsSync(path) ? readFileSync(path) : undefined;
  };
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') };
}
