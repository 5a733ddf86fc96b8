import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';

const BLOCK = 512;

/**
 * One entry of an archive. A file's content is given as `content`, or by the path of a file on disk and its size.
 * @typedef {{ name: string, mode?: number, type: 'file', content: Buffer } |
 *   { name: string, mode?: number, type: 'file', from: string, size: number } |
 *   { name: string, type: 'link', target: string } | { name: string, mode?: number, type: 'dir' }} Entry
 */

/**
 * An archive in the ustar format as a stream, owner root, time 0: the same entries give the same bytes.
 * @param {Entry[]} entries names without a leading slash, at most 100 bytes long
 */
export function tarStream(entries) {
  return Readable.from(blocks(entries));
}

async function* blocks(entries) {
  for (const entry of entries) {
    const size = sizeOf(entry);
    yield header(entry, size);
    if (entry.type !== 'file') continue;
    if ('content' in entry) yield entry.content;
    else yield* createReadStream(entry.from, { end: Math.max(0, size - 1) });
    if (size % BLOCK) yield Buffer.alloc(BLOCK - (size % BLOCK));
  }
  yield Buffer.alloc(2 * BLOCK);
}

function sizeOf(entry) {
  if (entry.type !== 'file') return 0;
  return 'content' in entry ? entry.content.length : entry.size;
}

function header(entry, size) {
  const name = entry.type === 'dir' ? `${entry.name}/` : entry.name;
  const target = entry.type === 'link' ? entry.target : '';
  for (const each of [name, target]) {
    if (Buffer.byteLength(each) > 100) throw new Error(`the path ${each} is too long for a tar archive`);
  }
  const block = Buffer.alloc(BLOCK);
  block.write(name, 0);
  const octal = (value, at, length) => block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at);
  octal('mode' in entry && entry.mode !== undefined ? entry.mode : 0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.fill(' ', 148, 156);
  block.write({ file: '0', link: '2', dir: '5' }[entry.type], 156);
  block.write(target, 157);
  block.write('ustar\x0000', 257, 'latin1');
  block.write(
    `${block
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
  );
  return block;
}
