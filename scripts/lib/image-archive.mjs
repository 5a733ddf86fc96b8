import { createHash } from 'node:crypto';
import { createWriteStream, statSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { tarStream } from './tar.mjs';

const ARCHITECTURES = { x64: 'amd64', arm64: 'arm64' };

/**
 * Writes an image as `docker save` does: one layer, made without an engine. It can be given to `docker load`,
 * `ctr images import`, `kind load image-archive` or `minikube image load`.
 *
 * @param {{ to: string, name: string, entries: import('./tar.mjs').Entry[], cmd: string[], env?: Record<string, string>,
 *   workdir?: string, labels?: Record<string, string>, expose?: number[], user?: string }} options
 *   `name` with its tag; `to` appears whole or not at all
 */
export async function writeImageArchive({
  to,
  name,
  entries,
  cmd,
  env = {},
  workdir = '/',
  labels = {},
  expose = [],
  user = '',
}) {
  const layer = `${to}.layer-${process.pid}`;
  const archive = `${to}.new-${process.pid}`;
  try {
    const hash = createHash('sha256');
    await pipeline(
      tarStream(entries),
      async function* (chunks) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          yield chunk;
        }
      },
      createWriteStream(layer),
    );
    const config = {
      architecture: ARCHITECTURES[process.arch] ?? process.arch,
      os: 'linux',
      created: '1970-01-01T00:00:00Z',
      config: {
        Cmd: cmd,
        Env: Object.entries({ PATH: '/usr/local/bin:/usr/bin:/bin', ...env }).map(
          ([key, value]) => `${key}=${value}`,
        ),
        WorkingDir: workdir,
        Labels: labels,
        ExposedPorts: Object.fromEntries(expose.map((port) => [`${port}/tcp`, {}])),
        User: user,
      },
      rootfs: { type: 'layers', diff_ids: [`sha256:${hash.digest('hex')}`] },
      history: [{ created: '1970-01-01T00:00:00Z', created_by: 'nightshift' }],
    };
    await pipeline(tarStream(archiveEntries({ config, name, layer })), createWriteStream(archive));
    await rename(archive, to);
  } finally {
    await rm(layer, { force: true });
    await rm(archive, { force: true });
  }
}

function archiveEntries({ config, name, layer }) {
  const json = (value) => Buffer.from(JSON.stringify(value));
  const content = json(config);
  const configName = `${createHash('sha256').update(content).digest('hex')}.json`;
  const manifest = [{ Config: configName, RepoTags: [name], Layers: ['layer.tar'] }];
  return [
    { name: 'manifest.json', type: 'file', mode: 0o644, content: json(manifest) },
    { name: configName, type: 'file', mode: 0o644, content },
    { name: 'layer.tar', type: 'file', mode: 0o644, from: layer, size: statSync(layer).size },
  ];
}
