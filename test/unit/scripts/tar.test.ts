import { execFileSync } from 'node:child_process';
import {
  createWriteStream,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Entry, tarStream } from '../../../scripts/lib/tar.mjs';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nightshift-tar-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('tar unpacks what was put in: sizes around a block, links, modes, files from disk, an empty one', async () => {
  writeFileSync(join(folder, 'source'), 'x'.repeat(70_000));
  const sizes = [0, 1, 511, 512, 513];
  const entries: Entry[] = [
    { name: 'bin', type: 'dir', mode: 0o755 },
    { name: 'tmp', type: 'dir', mode: 0o1777 },
    { name: 'bin/big', type: 'file', mode: 0o755, from: join(folder, 'source'), size: 70_000 },
    { name: 'bin/link', type: 'link', target: 'big' },
    ...sizes.map(
      (size): Entry => ({ name: `f${size}`, type: 'file', mode: 0o644, content: Buffer.alloc(size, 'y') }),
    ),
  ];
  await pipeline(tarStream(entries), createWriteStream(join(folder, 'a.tar')));
  execFileSync('tar', ['-xpf', 'a.tar'], { cwd: folder });
  for (const size of sizes) expect(readFileSync(join(folder, `f${size}`), 'utf8')).toBe('y'.repeat(size));
  expect(readFileSync(join(folder, 'bin/big'), 'utf8')).toBe('x'.repeat(70_000));
  expect(readlinkSync(join(folder, 'bin/link'))).toBe('big');
  expect(lstatSync(join(folder, 'tmp')).mode & 0o7777).toBe(0o1777);
  expect(lstatSync(join(folder, 'bin/big')).mode & 0o7777).toBe(0o755);
});

test('a name that the format cannot hold is refused, not cut', async () => {
  const entries: Entry[] = [{ name: 'n'.repeat(101), type: 'file', content: Buffer.from('') }];
  await expect(pipeline(tarStream(entries), createWriteStream(join(folder, 'a.tar')))).rejects.toThrow(
    'too long',
  );
});
