const EVERY_MS = 5_000;
const LIVE_MS = 200;

/**
 * The set-up's own output. It goes to stderr, so that stdout stays the command's (`-o json`).
 * On a terminal, progress is one live line; elsewhere a line every 5 seconds.
 * @param {NodeJS.WriteStream} stream
 */
export function createLog(stream = process.stderr) {
  const tty = Boolean(stream.isTTY);
  let live = false;
  const clear = () => {
    if (live) stream.write('\r\u001b[K');
    live = false;
  };
  const log = (line) => {
    clear();
    stream.write(`${line}\n`);
  };
  log.live = tty
    ? (text) => {
        const width = (stream.columns || 80) - 1;
        stream.write(`\r\u001b[K${text.slice(0, width)}`);
        live = true;
      }
    : undefined;
  log.clear = clear;
  return log;
}

/** Seconds as a person says them: `42 s`, `2 min 20 s`. */
export function duration(ms) {
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** Bytes as a person says them: `12.3 MB`. */
export function size(bytes) {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/**
 * Shows that something long is still going on, with the time it has taken.
 * @param {((line: string) => void) & { live?: (text: string) => void, clear?: () => void }} log
 * @param {string} label what is going on, such as `temporal`
 */
export function startProgress(log, label) {
  const started = Date.now();
  let text = '';
  const line = () => `  ${label}: ${text ? `${text}, ` : ''}${duration(Date.now() - started)}`;
  const timer = setInterval(() => (log.live ?? log)(line()), log.live ? LIVE_MS : EVERY_MS);
  timer.unref();
  return {
    update(next) {
      text = next;
    },
    end() {
      clearInterval(timer);
      log.clear?.();
      return Date.now() - started;
    },
  };
}
