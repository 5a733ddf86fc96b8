import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode } from '@temporalio/worker';

const here = dirname(fileURLToPath(import.meta.url));
const workflows = join(here, '..', 'workflows', 'index.js');
const engine = join(here, '..', 'workflows', 'incident', 'engine.js');

const witness = join(here, '..', 'workflows', 'witness', 'witness.js');

/** Where the build puts the bundle of the shipped runbooks. */
export const builtBundle = join(here, '..', 'workflow-bundle.js');
/** The same with the witness in it, for replays. */
export const builtReplayBundle = join(here, '..', 'replay-bundle.js');

/** A bundle that a worker can load: its code, or the file that it is in. */
export type Bundle = { readonly code: string } | { readonly codePath: string };

/**
 * The bundle of the shipped runbooks and any others: as built where there are no others, else bundled now
 * (half a second to two).
 */
export async function workflowBundle(modules: readonly string[] = []): Promise<Bundle> {
  if (modules.length === 0 && existsSync(builtBundle)) return { codePath: builtBundle };
  return { code: await bundle(modules) };
}

/** How a bundle is to be made. */
export interface BundleOptions {
  /** True: with the witness, which tells a replay what is recorded and asked for. Workers run without it. */
  readonly witnessed?: boolean;
}

/**
 * Bundles the shipped workflows and a workflow for each module that exports `runbook`; of two runbooks of one name
 * the later one counts.
 */
export async function bundle(modules: readonly string[], options: BundleOptions = {}): Promise<string> {
  const witnesses = options.witnessed ? [witness] : [];
  const entry = await writeEntry(modules, witnesses);
  try {
    const { code } = await bundleWorkflowCode({
      workflowsPath: entry,
      workflowInterceptorModules: witnesses,
      // Evaluated once a worker and not once a workflow, which saves each of them a megabyte and milliseconds. It
      // may be, since runbooks and engine keep nothing in their modules: what an incident knows is in its `Incident`.
      preloadModules: [entry],
      // Names and lines for stack traces; the sources themselves would be as large again as the code.
      webpackConfigHook: (config) => ({ ...config, devtool: 'inline-nosources-source-map' }),
      logger: { ...quiet, error: console.error },
    });
    return code;
  } finally {
    await rm(entry, { force: true });
  }
}

const nothing = (): void => undefined;
const quiet = { log: nothing, trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** A file that imports all of them; workflow types are the runbooks' names, which no JavaScript name could be. */
async function writeEntry(modules: readonly string[], witnesses: readonly string[]): Promise<string> {
  const lines = [
    ...witnesses.map((path) => `require(${JSON.stringify(path)});`),
    `const all = { ...require(${JSON.stringify(workflows)}) };`,
    `const { incidentWorkflow } = require(${JSON.stringify(engine)});`,
    ...modules.map((path, n) => `const { runbook: runbook${n} } = require(${JSON.stringify(path)});`),
    ...modules.map((_, n) => `all[runbook${n}.name] = incidentWorkflow(runbook${n});`),
    'module.exports = all;',
  ];
  const text = lines.join('\n');
  const name = `entry-${process.pid}-${createHash('sha256').update(text).digest('hex').slice(0, 12)}.cjs`;
  const path = join(here, name);
  await writeFile(path, text);
  return path;
}

/** Writes the bundle of the shipped runbooks where workers, or replays, look for it. Returns its bytes. */
export async function buildBundle(path = builtBundle, options: BundleOptions = {}): Promise<number> {
  const code = await bundle([], options);
  await mkdir(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, code);
  await rename(draft, path);
  return (await readFile(path)).byteLength;
}
