import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { archiveError, codeOf } from './errors.js';
import { readBundle, syncFolder, writeBundle } from './file.js';
import { listed } from './listing.js';
import { fileName, monthOf } from './names.js';
import { prune } from './prune.js';
import { endsOf, Seen } from './seen.js';
import type { Archive } from './types.js';

export interface ArchiveOptions {
  /** True: the folder is created where it is missing. Otherwise that is an error, since a mount may be gone. */
  readonly create?: boolean;
  /** True: no folders of months in it. */
  readonly flat?: boolean;
}

/** A folder of bundles. Nothing is read or made before it is used. */
export function createArchive(folder: string, options: ArchiveOptions = {}): Archive {
  const root = resolve(folder);
  const folderOf = (incident: { readonly closedAt: string }): string =>
    options.flat ? root : join(root, monthOf(incident));
  const seen = new Seen();
  const self: Archive = {
    folder: root,
    async has(incident) {
      for (const near of endsOf(incident))
        if (await seen.isGood(join(folderOf(near), fileName(near)), incident.runId)) return true;
      return false;
    },
    async write(bundle) {
      const { incident } = bundle;
      const to = join(folderOf(incident), fileName(incident));
      await prepare(root, folderOf(incident), options.create ?? false);
      return writeBundle(to, bundle);
    },
    list: (filter = {}, onBad = () => undefined) => listed(root, filter, onBad),
    read: (file) => readBundle(resolve(root, file)),
    prune: (retention, now, more = {}) => prune(self, retention, now, more),
  };
  return self;
}

/** Makes the month's folder; the root only where that was asked for. */
async function prepare(root: string, folder: string, create: boolean): Promise<void> {
  try {
    if (create) await mkdir(root, { recursive: true });
    else await stat(root);
    if (folder === root) return;
    try {
      await mkdir(folder);
      await syncFolder(root);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
    }
  } catch (error) {
    throw archiveError(root, error);
  }
}
