import { join } from 'node:path';
import { runCommand } from '../../lib/run-command.mjs';

const ATTEMPTS = 100;

/**
 * Puts an image into the cluster: an archive as `docker save` writes it, or of ours (lib/image-archive.mjs).
 * Pods use it with `imagePullPolicy: Never` (or `IfNotPresent`).
 * @param {import('./places.mjs').Record} cluster
 * @param {string} archive path of the archive
 */
export async function importImage(cluster, archive, signal) {
  const ctr = (args) =>
    runCommand(cluster.programs.ctr, ['-a', join(cluster.dir, 'containerd.sock'), '-n', 'k8s.io', ...args], {
      signal,
    });
  await answering(ctr);
  const result = await ctr(['images', 'import', archive]);
  if (result.code !== 0) throw new Error(`the image ${archive} can't be imported: ${result.tail}`);
}

/** At the cluster's start, containerd may need a moment. */
async function answering(ctr) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if ((await ctr(['version'])).code === 0) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error("the cluster's containerd doesn't answer");
}
