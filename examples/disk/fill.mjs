/**
 * Fills a disk, then keeps trying to write to it, as a service that logs or uploads does. For a container
 * with a small /data (such as `--tmpfs /data:size=64m`). What lies under tmp/ may be removed, what lies under
 * keep/ may not. See README.md.
 */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

const PIECE = Buffer.alloc(64 * 1024, 0x5a);

/** A whole number from the environment. Stops with exit code 2 and says the mend when it is none. */
function integer(name, fallback) {
  const value = Number(process.env[name] || fallback);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  log('failed', `${name} is "${process.env[name]}": give a whole number of bytes or seconds, or unset it.`);
  return process.exit(2);
}

const root = process.env.FILL_DIR || '/data';
const keepBytes = integer('FILL_KEEP_BYTES', 4 * 1024 * 1024);
const tmpBytes = integer('FILL_TMP_BYTES', 0);
const fileBytes = Math.max(PIECE.length, integer('FILL_FILE_BYTES', 4 * 1024 * 1024));
const probeSeconds = Math.max(1, integer('FILL_PROBE_SECONDS', 1));
const onceFile = process.env.FILL_ONCE_FILE || '';

/** One JSON object a line, at once, so that a killed process loses none. */
function log(event, message, fields = {}) {
  const line = { time: new Date().toISOString(), event, msg: message, pid: process.pid, ...fields };
  writeSync(1, `${JSON.stringify(line)}\n`);
}

/** Writes files into a folder up to `limit` bytes (0: until the disk is full). @returns bytes written */
function fill(folder, limit) {
  mkdirSync(join(root, folder), { recursive: true });
  let written = 0;
  for (let n = 0; limit === 0 || written < limit; n += 1) {
    const wanted = limit === 0 ? fileBytes : Math.min(fileBytes, limit - written);
    const got = writeFile(join(root, folder, `part-${String(n).padStart(5, '0')}.bin`), wanted);
    written += got;
    if (got < wanted) break;
  }
  return written;
}

/** @returns bytes that fitted, fewer than wanted when the disk became full */
function writeFile(path, wanted) {
  let file;
  let done = 0;
  try {
    file = openSync(path, 'w');
    while (done < wanted) done += writeSync(file, PIECE, 0, Math.min(PIECE.length, wanted - done));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  } finally {
    if (file !== undefined) closeSync(file);
  }
  return done;
}

function usage() {
  const { blocks, bavail, bsize } = statfsSync(root);
  return { totalBytes: blocks * bsize, availableBytes: bavail * bsize };
}

let couldWrite;

/** A service's next write. Logs only when its fate changes. */
function probe() {
  const path = join(root, 'probe.bin');
  const fits = writeFile(path, PIECE.length) === PIECE.length;
  rmSync(path, { force: true });
  if (fits === couldWrite) return;
  couldWrite = fits;
  if (fits) log('write-ok', 'writing works', usage());
  else log('write-failed', `no space left on ${root} (ENOSPC)`, usage());
}

function main() {
  if (onceFile !== '' && existsSync(onceFile)) {
    log('not-filled', `${onceFile} is there: the disk was filled in an earlier life`, usage());
  } else {
    if (onceFile !== '') writeFileSync(onceFile, `${new Date().toISOString()}\n`);
    const kept = fill('keep', keepBytes);
    const temporary = fill('tmp', tmpBytes);
    log('filled', `${kept} bytes under keep/, ${temporary} under tmp/`, { kept, temporary, ...usage() });
  }
  probe();
  setInterval(probe, probeSeconds * 1000);
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  process.on(signal, () => {
    log('stopping', `${signal}: stopping`, { signal });
    process.exit(0);
  });
}

try {
  main();
} catch (error) {
  log(
    'failed',
    `can't fill ${root} (${error.code ?? error.message}): set FILL_DIR to a folder that can be written.`,
  );
  process.exit(1);
}
