import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { candidates } from '../lib/engine-endpoint.mjs';
import { engineJson, engineRequest, ping } from '../lib/engine-http.mjs';
import { PartError, throwIfInterrupted } from '../lib/errors.mjs';
import { startProgress } from '../lib/log.mjs';
import { ensureBusybox, rootFolder } from '../lib/root-folder.mjs';
import { tarStream } from '../lib/tar.mjs';

const AGENT_NAME = 'nightshift/agent';
/** This file is also copied to dist/scripts/parts, a folder deeper. */
const AGENT = ['../../examples/agent', '../../../examples/agent']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);
/** Raised when the recipe below changes, so that images of the old one are made anew. */
const RECIPE = 1;
/** An older image stays for a day: another clone of another state may be using it. */
const KEEP_S = 24 * 60 * 60;
/** For engines that can't run this machine's own node (macOS, another architecture). */
const PULLED = `node:${process.versions.node}-bookworm-slim`;

/**
 * Makes an image of Node, a shell and some files, if the engine doesn't have it yet. No registry is
 * needed where the engine runs what this machine runs (Linux, same architecture): the image is
 * imported from this machine's own node and its libraries. Elsewhere Docker's own Node image is pulled.
 *
 * The tag holds a hash of the content, so a changed file makes a new image; those of the same name
 * that are a day old are removed. Only images with our label are ever removed.
 *
 * @param {{ host: string, certPath?: string, name: string, files: Record<string, Buffer>, cmd: string[],
 *   label: string, expose?: number[], log: (line: string) => void, signal?: AbortSignal }} options
 *   `files`: path below /app → content; `label`: the value of the label `nightshift`
 * @returns {Promise<{ image: string, how: 'cache' | 'built' }>}
 * @throws {PartError} if the image can't be made
 */
export async function ensureImage({ host, certPath, name, files, cmd, label, expose = [], log, signal }) {
  const endpoint = { host, certPath };
  const image = `${name}:${contentHash({ files, cmd, label, expose })}`;
  if (await exists(endpoint, image)) return { image, how: 'cache' };
  const changes = [
    'ENV PATH=/usr/local/bin:/usr/bin:/bin',
    'WORKDIR /app',
    `CMD ${JSON.stringify(cmd)}`,
    `LABEL nightshift=${label}`,
    ...expose.map((port) => `EXPOSE ${port}`),
  ];
  const engine = await ping(endpoint);
  if (!engine.ok)
    throw new PartError(`the Docker engine at ${host} can't be used: ${engine.reason}`, 'start it');
  const busybox = sameMachine(engine) ? await ensureBusybox({ log, signal }) : null;
  if (busybox) await importImage({ endpoint, image, files, changes, busybox, log, signal });
  else await buildImage({ endpoint, image, files, changes, log, signal });
  await removeOlder(endpoint, { name, image, label });
  return { image, how: 'built' };
}

/**
 * The image of the example agent (`examples/agent`), for the demo and the tests.
 * @param {{ host: string, certPath?: string, log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ image: string, how: 'env' | 'cache' | 'built' }>}
 * @throws {PartError}
 */
export async function agentImage({ host, certPath, log, signal }) {
  const named = process.env.NIGHTSHIFT_AGENT_IMAGE;
  if (named) {
    if (await exists({ host, certPath }, named)) return { image: named, how: 'env' };
    throw new PartError(
      `NIGHTSHIFT_AGENT_IMAGE is ${named}, which the engine doesn't have`,
      'load it, or unset the variable',
    );
  }
  const content = agentContent();
  if (!('agent.mjs' in content.files))
    throw new PartError(`${AGENT} has no agent.mjs`, 'restore examples/ from git');
  return ensureImage({ host, certPath, name: AGENT_NAME, ...content, log, signal });
}

function agentContent() {
  return { files: modulesOf(AGENT), cmd: ['node', 'agent.mjs'], label: 'agent', expose: [] };
}

/** The agent's image, if the engine that can be reached has it; makes nothing. */
export async function find() {
  const [first] = candidates();
  if (!first || !AGENT) return null;
  const named = process.env.NIGHTSHIFT_AGENT_IMAGE;
  const image = named ?? `${AGENT_NAME}:${contentHash(agentContent())}`;
  if (!(await exists(first, image))) return null;
  return { path: image, version: image.split(':').pop(), how: named ? 'env' : 'cache' };
}

/** As the other parts' `ensure`; the image is made in the engine at `host`. */
export async function ensure({ host, certPath, log, signal }) {
  const { image, how } = await agentImage({ host, certPath, log, signal });
  return { path: image, version: image.split(':').pop(), how };
}

function contentHash({ files, cmd, label, expose }) {
  const hash = createHash('sha256').update(
    JSON.stringify([RECIPE, process.version, process.arch, cmd, label, expose]),
  );
  for (const path of Object.keys(files).sort()) hash.update(`\0${path}\0`).update(files[path]);
  return hash.digest('hex').slice(0, 12);
}

/** All JavaScript modules of a folder, by their path in it; its texts and types don't go into an image. */
function modulesOf(folder) {
  const names = readdirSync(folder, { recursive: true }).map(String);
  const paths = names
    .filter((name) => name.endsWith('.mjs'))
    .map((name) => join(folder, name))
    .sort();
  return Object.fromEntries(paths.map((path) => [relative(folder, path), readFileSync(path)]));
}

async function exists(endpoint, image) {
  const { status } = await engineRequest(endpoint, { path: `/images/${image}/json` }).catch((error) => {
    throw new PartError(
      `the Docker engine at ${endpoint.host} can't be used: ${error.message}`,
      'start it, or set DOCKER_HOST',
    );
  });
  return status === 200;
}

function sameMachine(engine) {
  const arch = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  return process.platform === 'linux' && engine.os === 'linux' && engine.arch === arch;
}

async function importImage({ endpoint, image, files, changes, busybox, log, signal }) {
  const entries = [...rootFolder(busybox), ...appEntries(files, 'app/')];
  log(`  image: making ${image} from this machine's node and busybox (some 105 MB, nothing is downloaded)`);
  const [repo, tag] = image.split(':');
  const query = { fromSrc: '-', repo, tag, changes };
  await post({ endpoint, path: '/images/create', query, entries, log, signal });
}

async function buildImage({ endpoint, image, files, changes, log, signal }) {
  log(
    `  image: making ${image} from ${PULLED} (some 80 MB, pulled by the engine where it doesn't have it yet)`,
  );
  const lines = [`FROM ${PULLED}`, ...changes.slice(1), 'COPY app /app'];
  const dockerfile = {
    name: 'Dockerfile',
    type: 'file',
    mode: 0o644,
    content: Buffer.from(`${lines.join('\n')}\n`),
  };
  const entries = [dockerfile, { name: 'app', type: 'dir' }, ...appEntries(files, 'app/')];
  await post({ endpoint, path: '/build', query: { t: image, rm: 'true' }, entries, log, signal });
}

function appEntries(files, prefix) {
  const folders = new Set();
  for (const path of Object.keys(files)) {
    const parts = path.split('/').slice(0, -1);
    for (let depth = 1; depth <= parts.length; depth += 1) folders.add(parts.slice(0, depth).join('/'));
  }
  return [
    ...[...folders].sort().map((name) => ({ name: prefix + name, type: 'dir' })),
    ...Object.entries(files).map(([path, content]) => ({
      name: prefix + path,
      type: 'file',
      mode: 0o644,
      content,
    })),
  ];
}

/** Posts an archive. The engine answers 200 at once and reports an error as the last line of its answer. */
async function post({ endpoint, path, query, entries, log, signal }) {
  const progress = startProgress(log, 'image');
  try {
    const request = { method: 'POST', path, query, body: tarStream(entries), timeout: 300_000, signal };
    const { status, text } = await engineRequest(endpoint, request);
    const error = text.split('\n').find((line) => line.includes('"error"'));
    if (status < 400 && !error) return;
    throw new Error(error ?? text);
  } catch (error) {
    throwIfInterrupted(signal);
    throw new PartError(
      `the image can't be made: ${error.message}`,
      `let the engine at ${endpoint.host} reach its registry, or set NIGHTSHIFT_AGENT_IMAGE`,
    );
  } finally {
    progress.end();
  }
}

async function removeOlder(endpoint, { name, image, label }) {
  const filters = JSON.stringify({ label: [`nightshift=${label}`], reference: [`${name}:*`] });
  const all = await engineJson(endpoint, { path: '/images/json', query: { filters } });
  const limit = Date.now() / 1000 - KEEP_S;
  const tags = all.filter((each) => each.Created < limit).flatMap((each) => each.RepoTags ?? []);
  const older = tags.filter((tag) => tag !== image);
  // One that a container still uses is refused (409) and stays.
  for (const tag of older) await engineRequest(endpoint, { method: 'DELETE', path: `/images/${tag}` });
}
