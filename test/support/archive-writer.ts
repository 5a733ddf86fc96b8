/** Writes bundles into an archive as a process of its own: `node archive-writer.js <folder> <bundle file> <times>`. */
import { createArchive } from '../../archive/archive.js';
import { readBundle } from '../../archive/file.js';

const [folder, file, times] = process.argv.slice(2);
if (folder === undefined || file === undefined)
  throw new Error('usage: archive-writer.js <folder> <file> <times>');
const bundle = await readBundle(file);
const archive = createArchive(folder);
console.log('ready');
// Both writers begin when they are told to.
await new Promise((resolve) => process.stdin.once('data', resolve));
const results: string[] = [];
for (let n = 0; n < Number(times ?? 1); n += 1) results.push((await archive.write(bundle)).result);
console.log(JSON.stringify(results));
process.exit(0);
