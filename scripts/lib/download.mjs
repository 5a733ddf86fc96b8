import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { throwIfInterrupted } from './errors.mjs';
import { size, startProgress } from './log.mjs';

const ANSWER_MS = 6_000;
const STALL_MS = 15_000;

/** This machine as release files name it, such as { os: 'linux', arch: 'amd64' }; null if vendors build nothing for it. */
export function platform() {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  const os = { linux: 'linux', darwin: 'darwin' }[process.platform];
  return os && arch ? { os, arch } : null;
}

/**
 * Downloads a file, and checks it against the vendor's list of SHA-256 checksums where there is one.
 * Fails within seconds where the vendor can't be reached.
 *
 * @param {{ url: string, to: string, checksums?: string, log: (line: string) => void, label: string,
 *   signal?: AbortSignal }} options `checksums` is the address of the vendor's list ("<hex>  <file>" a line)
 * @returns {Promise<void>}
 * @throws {Error} not reachable, not found, stalled, or the wrong checksum
 */
export async function download({ url, to, checksums, log, label, signal }) {
  const expected = checksums ? await expectedChecksum(checksums, url, signal) : null;
  const stall = new AbortController();
  const response = await answer(url, anySignal(signal, stall.signal));
  const total = Number(response.headers.get('content-length')) || 0;
  log(`  ${label}: downloading ${url}${total ? ` (${size(total)})` : ''}`);
  const progress = startProgress(log, label);
  const hash = createHash('sha256');
  const file = createWriteStream(to);
  let got = 0;
  let timer;
  try {
    for await (const chunk of response.body) {
      clearTimeout(timer);
      timer = setTimeout(() => stall.abort(new Error(`no data for ${STALL_MS / 1000} s`)), STALL_MS);
      got += chunk.length;
      hash.update(chunk);
      progress.update(`${size(got)}${total ? ` of ${size(total)}` : ''}`);
      if (!file.write(chunk)) await once(file, 'drain');
    }
  } catch (error) {
    throwIfInterrupted(signal);
    throw new Error(`download of ${url} broke off: ${stall.signal.reason?.message ?? error.message}`);
  } finally {
    clearTimeout(timer);
    progress.end();
    file.end();
    if (!file.closed) await once(file, 'close');
  }
  const actual = hash.digest('hex');
  if (expected && actual !== expected)
    throw new Error(`${url}: its SHA-256 is ${actual}, the vendor says ${expected}`);
}

async function expectedChecksum(address, url, signal) {
  const name = url.split('/').pop();
  const response = await answer(address, signal);
  const text = await response.text();
  // Kubernetes publishes a file for each program, with nothing but the checksum in it.
  const line = /^\s*\w+\s*$/.test(text) ? text : text.split('\n').find((each) => each.trim().endsWith(name));
  const hex = line?.trim().split(/\s+/)[0];
  if (!hex || !/^[0-9a-f]{64}$/i.test(hex)) throw new Error(`${address} has no checksum of ${name}`);
  return hex.toLowerCase();
}

/** The answer's headers within a few seconds, or an error that says what stood in the way. */
async function answer(url, signal) {
  const slow = new AbortController();
  const timer = setTimeout(() => slow.abort(), ANSWER_MS);
  try {
    const response = await fetch(url, { signal: anySignal(signal, slow.signal), redirect: 'follow' });
    if (!response.ok) throw new Error(`${url} answers ${response.status}`);
    return response;
  } catch (error) {
    throwIfInterrupted(signal);
    if (slow.signal.aborted)
      throw new Error(`${new URL(url).host} doesn't answer within ${ANSWER_MS / 1000} s`);
    throw new Error(
      error.cause?.code ? `${new URL(url).host} can't be reached (${error.cause.code})` : error.message,
    );
  } finally {
    clearTimeout(timer);
  }
}

function anySignal(...signals) {
  return AbortSignal.any(signals.filter(Boolean));
}
