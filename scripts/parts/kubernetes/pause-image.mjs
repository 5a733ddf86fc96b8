import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PartError } from '../../lib/errors.mjs';
import { writeImageArchive } from '../../lib/image-archive.mjs';
import { ensureBusybox, rootWith } from '../../lib/root-folder.mjs';
import { importImage } from './images.mjs';
import { PAUSE_IMAGE } from './settings.mjs';

/**
 * Puts the image of the pods' sandboxes into a cluster: a process that sleeps, and keeps a pod's namespaces.
 * @param {{ cluster: import('./places.mjs').Record, log: (line: string) => void, signal?: AbortSignal }} options
 */
export async function pauseImage({ cluster, log, signal }) {
  const busybox = await ensureBusybox({ log, signal });
  if (!busybox) throw new PartError('the cluster needs busybox', 'install it (`apt install busybox-static`)');
  const archive = join(cluster.dir, 'pause.tar');
  const cmd = ['/bin/busybox', 'sleep', '2147483647'];
  await writeImageArchive({
    to: archive,
    name: PAUSE_IMAGE,
    entries: rootWith({ busybox, programs: {} }),
    cmd,
  });
  await importImage(cluster, archive, signal);
  rmSync(archive);
}
