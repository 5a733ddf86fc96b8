import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { cached, fillCache } from './cache.mjs';
import { PartError } from './errors.mjs';
import { goInstall } from './go.mjs';
import { peek, which } from './run-command.mjs';

/**
 * A part that is one Go program: named by a variable, on PATH, kept in the cache, or else built from the Go module proxy.
 *
 * @param {{ part: string, name: string, use: string, version: string, variable: string, onPath?: boolean, mend: string,
 *   asks: string[], tells: RegExp, build: GoModule | ((options: BuildOptions) => Promise<string | null>) }} spec
 *   `part`: the program's file and its folder in the cache; `name`: what it is called in messages; `use`: what the tests
 *   do with it; `variable`: the environment's name for its path; `onPath`: whether one of that name on PATH is taken;
 *   `mend`: what to do where it can't be had; `asks`, `tells`: arguments with which it runs shortly, and what it prints
 *   then, with its version as the first group where it tells one; `build`: a module of a program that `go install`
 *   builds, or a function that leaves the program in `dir`, and returns why it could not
 * @typedef {{ module: string, packages: number, takes: string }} GoModule `packages`, `takes`: as of `goInstall`
 * @typedef {{ dir: string, log: (line: string) => void, label: string, signal?: AbortSignal }} BuildOptions
 * @returns the part's `find` and `ensure`; both give `{ path, version, how }`; they throw PartError where it can't be had
 */
export function goProgram(spec) {
  const find = async () => fromEnvironment(spec) ?? fromPath(spec) ?? fromCache(spec);
  const ensure = async ({ log, signal }) => (await find()) ?? (await build({ spec, log, signal }));
  return { find, ensure };
}

function fromEnvironment({ name, variable, ...spec }) {
  const path = process.env[variable];
  if (!path) return null;
  const version = versionOf(spec, path);
  if (!version)
    throw new PartError(`${variable} is ${path}, which is no ${name}`, 'let it name one, or unset it');
  return { path, version, how: 'env' };
}

function fromPath(spec) {
  const path = spec.onPath ? which(spec.part) : null;
  const version = path && versionOf(spec, path);
  return version ? { path, version, how: 'path' } : null;
}

function fromCache({ part, version }) {
  const kept = cached(part, version);
  return kept ? { path: join(kept.dir, part), version, how: 'cache' } : null;
}

async function build({ spec, log, signal }) {
  const { part, name, use, version, variable, mend } = spec;
  const filled = await fillCache({
    title: `${name} ${version} (${use} in the tests)`,
    part,
    version,
    log,
    signal,
    ways: [{ how: 'built', fill: (dir) => fromSource(spec, { dir, log, label: part, signal }) }],
    verify: (dir) => {
      if (!versionOf(spec, join(dir, part))) throw new Error(`the ${name} that was built does not run`);
    },
  });
  if ('dir' in filled) return { path: join(filled.dir, part), version, how: filled.how };
  const reasons = filled.reasons.map((reason) => reason.split('\n').pop()).join('; ');
  throw new PartError(`${name} can't be had (${reasons})`, `${mend}, or set ${variable} to its path`);
}

async function fromSource({ part, version, build }, { dir, ...options }) {
  if (typeof build === 'function') return build({ dir, ...options });
  const reason = await goInstall({ ...build, ...options, version: `v${version}`, into: dir });
  const built = build.module.split('/').at(-1);
  if (!reason && built !== part) renameSync(join(dir, built), join(dir, part));
  return reason;
}

/** What it says of itself; `unknown` where it runs and tells none; null where it is not that program. */
function versionOf({ asks, tells }, path) {
  const told = tells.exec(peek(path, asks) ?? '');
  return told && (told[1] ?? 'unknown');
}
