import { readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { aptUnpack } from './apt.mjs';
import { cached, fillCache } from './cache.mjs';
import { download, platform } from './download.mjs';
import { PartError } from './errors.mjs';
import { goInstall } from './go.mjs';
import { peek, which } from './run-command.mjs';
import { unpack } from './unpack.mjs';

/**
 * A part from the Prometheus project: a release archive on GitHub with a list of checksums, then a Debian package, or
 * built from the Go module proxy.
 *
 * @param {{ part: string, title: string, version: string, kept?: string, repo: string, archive: string,
 *   debian?: string, go?: { module: string, packages: number, takes: string },
 *   programs: { name: string, variable: string, onPath: string[] }[],
 *   works?: (dir: string) => Promise<void> }} spec
 *   `kept`: the cache's folder, where that is not the version; `go.module`: the folder of the programs' packages;
 *   `programs`: the first one is the part itself; `onPath` are the names that it goes by, the vendor's first;
 *   `works`: throws where what was got does not work, though it tells its version
 * @returns the part's `find` and `ensure`; both give `{ path, paths, version, how }`
 */
export function prometheusProject(spec) {
  const find = async () => fromEnvironment(spec) ?? fromPath(spec) ?? fromCache(spec);
  const ensure = async ({ log, signal }) => (await find()) ?? (await get({ spec, log, signal }));
  return { find, ensure };
}

function fromEnvironment({ programs }) {
  const paths = Object.fromEntries(programs.map(({ name, variable }) => [name, process.env[variable]]));
  const [first, ...others] = programs;
  if (!paths[first.name]) return null;
  for (const { name, variable, onPath } of others) {
    paths[name] ??= onPath.map(which).find(Boolean);
    if (!paths[name])
      throw new PartError(`${first.variable} is set, but there is no ${name}`, `set ${variable} to its path`);
  }
  for (const { name, variable } of programs) {
    if (!versionOf(paths[name]))
      throw new PartError(
        `${variable} is ${paths[name]}, which is no ${name}`,
        'let it name one, or unset it',
      );
  }
  return { path: paths[first.name], paths, version: versionOf(paths[first.name]), how: 'env' };
}

function fromPath({ programs }) {
  const paths = Object.fromEntries(
    programs.map(({ name, onPath }) => [name, onPath.map(which).find(Boolean)]),
  );
  const version =
    Object.values(paths).every((path) => path && versionOf(path)) && versionOf(paths[programs[0].name]);
  return version ? { path: paths[programs[0].name], paths, version, how: 'path' } : null;
}

function fromCache({ part, version, kept = version, programs }, how = 'cache') {
  const dir = cached(part, kept)?.dir;
  if (!dir) return null;
  const paths = Object.fromEntries(programs.map(({ name }) => [name, join(dir, name)]));
  const found = versionOf(paths[programs[0].name]);
  return found ? { path: paths[programs[0].name], paths, version: found, how } : null;
}

async function get({ spec, log, signal }) {
  const { part, title, version, kept = version, programs, debian, go, works } = spec;
  const given = { spec, log, signal };
  const filled = await fillCache({
    title,
    part,
    version: kept,
    log,
    signal,
    ways: [
      { how: 'download', fill: (dir) => fromRelease({ ...given, dir }) },
      ...(debian ? [{ how: 'installed', fill: (dir) => fromDebian({ ...given, dir }) }] : []),
      ...(go ? [{ how: 'built', fill: (dir) => fromSource({ ...given, dir }) }] : []),
    ],
    verify: async (dir) => {
      for (const { name } of programs)
        if (!versionOf(join(dir, name))) throw new Error(`the ${name} that was fetched does not run`);
      await works?.(dir);
    },
  });
  const got = 'dir' in filled ? fromCache(spec, filled.how) : null;
  if (got) return got;
  throw new PartError(
    `${title} can't be had (${(filled.reasons ?? []).join('; ')})`,
    `install it, so that ${programs.map(({ onPath }) => onPath[0]).join(' and ')} is on PATH, or set ${programs.map(({ variable }) => variable).join(' and ')}`,
  );
}

async function fromRelease({ spec, dir, log, signal }) {
  const machine = platform();
  if (!machine) return `no release for ${process.platform} ${process.arch}`;
  const release = `https://github.com/prometheus/${spec.repo}/releases/download/v${spec.version}`;
  const archive = join(dir, 'release.tar.gz');
  const url = `${release}/${spec.archive}-${spec.version}.${machine.os}-${machine.arch}.tar.gz`;
  await download({ url, to: archive, checksums: `${release}/sha256sums.txt`, log, label: spec.part, signal });
  await unpack({ archive, into: dir, strip: 1, signal });
  for (const { name, onPath } of spec.programs)
    if (name !== onPath[0]) renameSync(join(dir, onPath[0]), join(dir, name));
  keepOnly(dir, spec);
  return null;
}

async function fromDebian({ spec, dir, log, signal }) {
  const reason = await aptUnpack({ packages: [spec.debian], into: dir, log, label: spec.part, signal });
  if (reason) return reason;
  const there = readdirSync(join(dir, 'usr/bin'));
  for (const { name, onPath } of spec.programs) {
    const file = onPath.find((each) => there.includes(each));
    if (!file) return `the Debian package ${spec.debian} has no ${onPath.join(' or ')}`;
    renameSync(join(dir, 'usr/bin', file), join(dir, name));
  }
  keepOnly(dir, spec);
  return null;
}

/** Its own builds write the version in; `go install` leaves it out. */
async function fromSource({ spec: { part, version, go, programs }, dir, log, signal }) {
  const ldflags = `-s -w -X github.com/prometheus/common/version.Version=${version}`;
  for (const { name } of programs) {
    const module = `${go.module}/${name}`;
    const given = { ...go, module, version: `v${version}`, into: dir, ldflags, log, label: part, signal };
    const reason = await goInstall(given);
    if (reason) return reason;
  }
  return null;
}

function keepOnly(dir, { programs }) {
  const keep = programs.map(({ name }) => name);
  for (const name of readdirSync(dir)) if (!keep.includes(name)) rmSync(join(dir, name), { recursive: true });
}

/** `prometheus, version 2.42.0+ds (…)`, `amtool, version 0.25.0 (…)`. */
function versionOf(path) {
  return /version (\d+\.\d+\.\d+)/.exec(peek(path, ['--version']) ?? '')?.[1] ?? null;
}
