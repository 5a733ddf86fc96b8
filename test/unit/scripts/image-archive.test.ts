import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeImageArchive } from '../../../scripts/lib/image-archive.mjs';
import type { Entry } from '../../../scripts/lib/tar.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-image-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const entries: Entry[] = [
  { name: 'app', type: 'dir', mode: 0o755 },
  { name: 'app/agent.py', type: 'file', mode: 0o644, content: Buffer.from('print("hello")\n') },
];

test('an image is written as docker save does, with the hashes of what is in it', async () => {
  const to = join(folder, 'image.tar');
  const env = { PYTHONHOME: '/usr' };
  await writeImageArchive({
    to,
    name: 'test/agent:1',
    entries,
    cmd: ['python3', 'agent.py'],
    env,
    workdir: '/app',
  });
  expect(readdirSync(folder)).toEqual(['image.tar']);
  execFileSync('tar', ['-xf', to, '-C', folder]);
  const json = (name: string) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
  const sha256 = (name: string) =>
    createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex');
  const [{ Config, RepoTags, Layers }] = json('manifest.json');
  expect([RepoTags, Layers]).toEqual([['test/agent:1'], ['layer.tar']]);
  expect(Config).toBe(`${sha256(Config)}.json`);
  expect(json(Config)).toMatchObject({
    os: 'linux',
    config: {
      Cmd: ['python3', 'agent.py'],
      WorkingDir: '/app',
      Env: expect.arrayContaining(['PYTHONHOME=/usr']),
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${sha256('layer.tar')}`] },
  });
  const listed = execFileSync('tar', ['-tf', join(folder, 'layer.tar')], { encoding: 'utf8' });
  expect(listed).toBe('app/\napp/agent.py\n');
});

test('where a file can not be read, no half of an archive is left', async () => {
  const to = join(folder, 'image.tar');
  const missing: Entry[] = [{ name: 'gone', type: 'file', from: join(folder, 'gone'), size: 5 }];
  await expect(writeImageArchive({ to, name: 'test/agent:1', entries: missing, cmd: ['x'] })).rejects.toThrow(
    'ENOENT',
  );
  expect(readdirSync(folder)).toEqual([]);
});
