import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheRoot } from '../lib/cache.mjs';
import { PartError } from '../lib/errors.mjs';
import { writeImageArchive } from '../lib/image-archive.mjs';
import { withLock } from '../lib/lock.mjs';
import { ensurePython, pythonRoot } from '../lib/python-root.mjs';
import { ensureBusybox, rootWith } from '../lib/root-folder.mjs';
import * as redis from './redis.mjs';

/** This file is also copied to dist/scripts/parts, a folder deeper. */
const AGENT = ['../../examples/agent-bruno', '../../../examples/agent-bruno']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find(existsSync);
/** Raised when a recipe below changes, so that images of the old one are made anew. */
const RECIPE = 1;
/** An older archive stays for a day: another clone of another state may be using it. */
const KEEP_MS = 24 * 60 * 60 * 1000;

/**
 * The image of the stand-in for agent-bruno (`examples/agent-bruno`), as an archive like `docker save`'s: from this
 * machine's own Python, no registry is needed. Its tag holds a hash of what is in it.
 *
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ image: string, archive: string, how: 'cache' | 'built' }>}
 * @throws {PartError} if it can't be made
 */
export async function agentBruno({ log, signal }) {
  const python = await ensurePython({ log, signal });
  if (!python) throw new PartError('the image of agent-bruno needs Python 3.9 or newer', 'install python3');
  const names = readdirSync(AGENT).filter((name) => name.endsWith('.py'));
  const files = Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(AGENT, name))]));
  return archive({
    name: 'nightshift/agent-bruno',
    content: { python, files: Object.entries(files).map(([name, text]) => [name, text.toString()]) },
    entries: (busybox) => [
      ...pythonRoot({ busybox, python }),
      ...Object.entries(files).map(([name, content]) => ({
        name: `app/${name}`,
        type: 'file',
        mode: 0o644,
        content,
      })),
    ],
    settings: {
      cmd: ['python3', 'agent.py'],
      env: { PYTHONHOME: '/usr', PYTHONUNBUFFERED: '1', MALLOC_ARENA_MAX: '1' },
      workdir: '/app',
      expose: [8080],
      user: '1000',
    },
    log,
    signal,
  });
}

/**
 * A Redis image, made from this machine's redis-server or Debian's; `redis-cli` is in it, as the runbook uses it.
 * @param {{ log: (line: string) => void, signal?: AbortSignal }} options
 * @returns {Promise<{ image: string, archive: string, how: 'cache' | 'built' }>}
 * @throws {PartError} if it can't be made
 */
export async function redisImage({ log, signal }) {
  const { program, cliProgram, libraryPath, version } = await redis.ensure({ log, signal });
  const programs = { 'usr/bin/redis-server': program, 'usr/bin/redis-cli': cliProgram };
  return archive({
    name: 'nightshift/redis',
    content: { version, program, size: statSync(program).size },
    entries: (busybox) => rootWith({ busybox, programs, libraryPath }),
    settings: {
      cmd: ['redis-server', '--save', '', '--bind', '0.0.0.0', '--protected-mode', 'no'],
      expose: [6379],
    },
    log,
    signal,
  });
}

async function archive({ name, content, entries, settings, log, signal }) {
  const described = JSON.stringify([RECIPE, process.arch, content, settings]);
  const hash = createHash('sha256').update(described).digest('hex').slice(0, 12);
  const folder = join(cacheRoot(), 'images');
  const short = name.split('/').pop();
  const image = { image: `${name}:${hash}`, archive: join(folder, `${short}-${hash}.tar`) };
  return withLock(join(folder, `${short}.lock`), { log, signal, what: `the image ${name}` }, async () => {
    mkdirSync(folder, { recursive: true });
    removeOlder(folder, short, image.archive);
    if (existsSync(image.archive)) {
      // Used today, so it isn't old.
      utimesSync(image.archive, new Date(), new Date());
      return { ...image, how: 'cache' };
    }
    const busybox = await ensureBusybox({ log, signal });
    if (!busybox)
      throw new PartError(`the image ${name} needs busybox`, 'install it (`apt install busybox-static`)');
    log(
      `  image: making ${image.image} from what is on this machine, into ${folder} (nothing is downloaded)`,
    );
    await writeImageArchive({ to: image.archive, name: image.image, entries: entries(busybox), ...settings });
    return { ...image, how: 'built' };
  });
}

/** Also what an interrupted run was writing; we hold the lock. */
function removeOlder(folder, short, current) {
  const limit = Date.now() - KEEP_MS;
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (!name.startsWith(`${short}-`) || path === current) continue;
    if (!name.endsWith('.tar') || statSync(path).mtimeMs < limit) rmSync(path, { force: true });
  }
}
