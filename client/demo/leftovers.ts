import { readdir, rm, stat } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { filesOf, readIfThere } from '../up/files.js';
import { lives, nameProcess, type ProcessName, stopProcess } from '../up/process.js';
import { demoLabel, ownerLabel, removeContainer } from './agent-container.js';

/** State folders of demos, in the folder for temporary files. */
export const folderPrefix = 'nightshift-demo-';

/** Nobody runs a demo for so long: one whose owner can't be asked (another machine) is left over. */
const oldMs = 6 * 3600 * 1000;

/** Who a demo belongs to: this machine, and this very process. */
export function ownerOf(name: ProcessName = nameProcess(process.pid)): string {
  return [hostname(), name.pid, name.ticks ?? ''].join('/');
}

/** Removes what demos have left that were killed: their containers, their Temporal servers and their folders. */
export async function removeLeftovers(docker: Docker, log: (line: string) => void): Promise<void> {
  await removeContainers(docker, log);
  await removeFolders(log);
}

async function removeContainers(docker: Docker, log: (line: string) => void): Promise<void> {
  const found = await docker.listContainers({ all: true, filters: { label: [demoLabel] } });
  for (const { Id, Names, Labels, Created } of found) {
    if (!isLeft(Labels[ownerLabel], Created * 1000)) continue;
    await removeContainer(docker, Id);
    log(`Removed ${Names[0]?.slice(1) ?? Id}, which an earlier demo had left.`);
  }
}

/** The folders among it, with the Temporal servers that work in them. */
export async function removeFolders(log: (line: string) => void): Promise<void> {
  for (const entry of await readdir(tmpdir())) {
    if (entry.startsWith(folderPrefix)) await removeFolder(join(tmpdir(), entry), log);
  }
}

/** Whether whoever is named there (`ownerOf`) has ended. */
export function isLeft(owner: string | undefined, createdMs: number): boolean {
  const [host, pid, ticks] = (owner ?? '').split('/');
  if (host !== hostname()) return Date.now() - createdMs > oldMs;
  return !lives({ pid: Number(pid), ...(ticks ? { ticks } : {}) });
}

async function removeFolder(folder: string, log: (line: string) => void): Promise<void> {
  const files = filesOf(folder);
  const owner = await readName(files.lock);
  if (owner && lives(owner)) return;
  // Without a lock it may be one that is just being made.
  if (!owner && Date.now() - (await stat(folder)).mtimeMs < 60_000) return;
  const server = await readName(files.server);
  if (server) await stopProcess(server);
  await rm(folder, { recursive: true, force: true });
  log(`Removed ${folder}, which an earlier demo had left.`);
}

async function readName(file: string): Promise<ProcessName | undefined> {
  const text = await readIfThere(file);
  return text === undefined ? undefined : JSON.parse(text);
}
