import { randomBytes } from 'node:crypto';
import { constants, copyFile, type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BundleError } from '../model/bundle/errors.js';
import type { BundledIncident, IncidentBundle } from '../model/bundle/types.js';
import { ArchiveError, archiveError, codeOf } from './errors.js';
import { decodeBundle, decodeHeader, encodeBundle, largest } from './format.js';
import { badExtension, draftExtension } from './names.js';

/** The bundle in a file. Throws `BundleError`; where the file is not there, too. */
export async function readBundle(file: string): Promise<IncidentBundle> {
  return decodeBundle(await readWhole(file), file);
}

/** All of a file, if it is one and no larger than a bundle may be: a pipe would be waited for. Throws `BundleError`. */
export async function readWhole(file: string): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile())
      throw new BundleError('unreadable', file, stat.isDirectory() ? 'is a folder' : 'is no file');
    if (stat.size > largest)
      throw new BundleError('unreadable', file, `is larger than ${largest / 1024 ** 2} MiB`);
    return await handle.readFile();
  } catch (error) {
    throw error instanceof BundleError ? error : cannotRead(file, error);
  } finally {
    await handle?.close();
  }
}

/** What stands at the beginning of the file, which most often is all that a list needs. Throws `BundleError`. */
export async function readHeader(
  file: string,
): Promise<{ readonly incident: BundledIncident; readonly bytes: number }> {
  const { incident, bytes } = await beginning(file).catch((error: unknown) => {
    throw error instanceof BundleError ? error : cannotRead(file, error);
  });
  return { incident: incident ?? (await readBundle(file)).incident, bytes };
}

const headerBytes = 4096;

async function beginning(file: string) {
  const handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const buffer = Buffer.allocUnsafe(headerBytes);
    const { bytesRead } = await handle.read(buffer, 0, headerBytes, 0);
    const { size } = await handle.stat();
    return { incident: decodeHeader(buffer.subarray(0, bytesRead), file), bytes: size };
  } finally {
    await handle.close();
  }
}

function cannotRead(file: string, error: unknown): BundleError {
  const code = codeOf(error);
  const what = code === 'ENOENT' ? 'is not there' : `can't be read (${code ?? String(error)})`;
  return new BundleError('unreadable', file, what, undefined, { cause: error });
}

export interface Written {
  readonly file: string;
  readonly result: 'written' | 'there';
}

/**
 * Writes a bundle whole or not at all: a draft beside it, onto the disk, read back, and only then under its name.
 * Where a good bundle of the same run has that name already, nothing is done (a newer version's is good, too). What
 * else has it gives way, and is kept as `….bad`. Throws `ArchiveError`.
 */
export async function writeBundle(file: string, bundle: IncidentBundle): Promise<Written> {
  try {
    const before = await standing(file, bundle.incident.runId);
    if (before === 'good') return { file, result: 'there' };
    const draft = join(
      dirname(file),
      `.${basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}${draftExtension}`,
    );
    try {
      await writeDraft(draft, bundle);
      if (before === 'damaged') await keepAside(file);
      await rename(draft, file);
    } catch (error) {
      await unlink(draft).catch(() => undefined);
      throw error;
    }
    await syncFolder(dirname(file));
    return { file, result: 'written' };
  } catch (error) {
    throw archiveError(file, error);
  }
}

/** What has that name now. */
export async function standing(file: string, runId: string): Promise<'none' | 'good' | 'damaged'> {
  try {
    const { incident } = await readBundle(file);
    if (incident.runId === runId) return 'good';
  } catch (error) {
    if (!(error instanceof BundleError)) throw error;
    if (codeOf(error.cause) === 'ENOENT') return 'none';
    return error.problem === 'newer' ? 'good' : 'damaged';
  }
  throw new ArchiveError(
    'broken',
    file,
    'another incident has that name',
    'Move the file away: its name belongs to the incident that is being written.',
  );
}

async function writeDraft(draft: string, bundle: IncidentBundle): Promise<void> {
  const handle = await open(draft, 'wx', 0o640);
  try {
    await handle.writeFile(await encodeBundle(bundle));
    await handle.sync();
  } finally {
    await handle.close();
  }
  const back = await readBundle(draft);
  if (back.digest !== bundle.digest)
    throw new ArchiveError('broken', draft, 'what was read back is not what was written');
}

/** A copy, so that there is never a moment in which a good file of another writer could be moved away. */
async function keepAside(file: string): Promise<void> {
  try {
    await copyFile(file, `${file}${badExtension}`, constants.COPYFILE_EXCL);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  }
}

/** Puts a folder's entries onto the disk, where its file system can do that. */
export async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP', 'EISDIR', 'EPERM'].includes(codeOf(error) ?? '')) throw error;
  } finally {
    await handle?.close();
  }
}
