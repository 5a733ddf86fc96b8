import { describe, expect, it } from 'vitest';
import { importsOf, type Source, sourcesOf } from './sources.js';

/** What a folder of the house may import: patterns of repository paths, and of packages. */
interface Rule {
  readonly files: readonly RegExp[];
  readonly packages: readonly RegExp[];
}

const any = /./;
const within = (...folders: string[]): readonly RegExp[] =>
  folders.map((folder) => new RegExp(`^${folder}/`));
const contract = /^workflows\/contract\.ts$/;

const rules: Readonly<Record<string, Rule>> = {
  model: { files: within('model'), packages: [/^@noble\/hashes\//] },
  workflows: { files: within('model', 'workflows'), packages: [/^@temporalio\/workflow$/] },
  activities: { files: within('model', 'activities'), packages: [any] },
  config: { files: within('model', 'config'), packages: [any] },
  worker: {
    // Of the client: the connection with its search attributes, and how the intake delivers an alert, which is the same
    // for watch and governor.
    files: [
      ...within('model', 'workflows', 'activities', 'config', 'archive', 'worker'),
      /^client\/(temporal|search-attributes)\.ts$/,
      /^client\/incidents\/start\.ts$/,
      /^client\/alerts\/(delivery|port)\.ts$/,
    ],
    packages: [any],
  },
  client: { files: [...within('model', 'config', 'archive', 'client'), contract], packages: [any] },
  // Closed incidents as files, and how a closed run becomes one.
  archive: { files: [...within('model', 'archive'), contract, /^client\/temporal\.ts$/], packages: [any] },
  // Recorded incidents through today's code: it runs the workflow bundle, but never by importing a workflow.
  replay: {
    files: [
      ...within('model', 'archive', 'replay'),
      contract,
      /^client\/temporal\.ts$/,
      /^worker\/(bundle|logger)\.ts$/,
    ],
    packages: [any],
  },
};

/** Files that may do more than their folder: what runs all of Nightshift starts its worker, too. */
const exceptions: readonly { readonly of: RegExp; readonly files?: RegExp; readonly packages?: RegExp }[] = [
  { of: contract, packages: /^@temporalio\/common$/ },
  { of: /^client\/(cli|up|demo)\//, files: /^(worker|replay|scripts\/(parts|lib))\// },
];

/** Sentences about what breaks the rules. */
function broken(source: Source): readonly string[] {
  const rule = rules[source.path.split('/')[0] as string] as Rule;
  const granted = exceptions.filter(({ of }) => of.test(source.path));
  return source.imports
    .filter((name) => {
      const isFile = /\.(ts|mjs|json)$/.test(name) && !name.startsWith('@');
      const kind = isFile ? 'files' : 'packages';
      const allowed = [...rule[kind], ...granted.flatMap((each) => each[kind] ?? [])];
      return !allowed.some((pattern) => pattern.test(name));
    })
    .map((name) => `${source.path} may not import ${name}`);
}

describe('the house', () => {
  it.each(Object.keys(rules))('%s imports only what it may', (folder) => {
    const sources = sourcesOf(folder);
    expect(sources.length).toBeGreaterThan(0);
    expect(sources.flatMap(broken)).toEqual([]);
  });

  it.each([
    ['model/a.ts', "import { readFileSync } from 'node:fs';"],
    ['model/a.ts', "export type { X } from '../workflows/contract.js';"],
    ['workflows/a.ts', "import { z } from 'zod';"],
    ['workflows/incident/a.ts', "const later = await import('../../activities/failure.js');"],
    ['workflows/incident/a.ts', "import { ApplicationFailure } from '@temporalio/common';"],
    ['activities/docker/a.ts', "import { taskQueues } from '../../workflows/contract.js';"],
    ['config/a.ts', "import '../worker/main.js';"],
    ['client/api/a.ts', "import { startWorker } from '../../worker/main.js';"],
    ['client/alerts/a.ts', "import { incidentWorkflow } from '../../workflows/incident/engine.js';"],
    ['worker/a.ts', "import { serveApi } from '../client/api/serve.js';"],
    ['archive/a.ts', "import { startWorker } from '../worker/main.js';"],
    ['replay/a.ts', "import { incidentWorkflow } from '../workflows/incident/engine.js';"],
    ['client/api/a.ts', "import { replay } from '../../replay/index.js';"],
  ])('refuses in %s: %s', (path, text) => {
    expect(broken({ path, text, imports: importsOf(path, text) })).toHaveLength(1);
  });
});

describe('the one choke point', () => {
  const workflows = sourcesOf('workflows');
  const paths = (holds: (text: string) => boolean): readonly string[] =>
    workflows
      .filter(({ text }) => holds(text))
      .map(({ path }) => path)
      .sort();

  it('is all that calls mutating activities, but for the undos', () => {
    expect(paths((text) => /(?<!function )\bchangeActivities\(/.test(text))).toEqual([
      'workflows/ending/ending.ts',
      'workflows/incident/choke-point.ts',
      'workflows/incident/undoing.ts',
    ]);
    expect(paths((text) => /\.carryOut\(/.test(text))).toEqual([
      'workflows/ending/ending.ts',
      'workflows/incident/choke-point.ts',
      'workflows/incident/undoing.ts',
    ]);
  });

  it('can’t be gone around by a proxy of one’s own', () => {
    expect(paths((text) => /\bChangeActivities\b/.test(text))).toEqual(['workflows/incident/activities.ts']);
    expect(paths((text) => /taskQueues\.change\b/.test(text))).toEqual(['workflows/incident/activities.ts']);
  });
});
