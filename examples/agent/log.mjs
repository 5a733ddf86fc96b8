/**
 * Writes one JSON object a line to stdout. Tests and people count effects from these lines, so an effect
 * writes exactly one, and it is written synchronously: a line is never lost when the process is killed.
 * @param {string} event what happened, a fixed word such as `cache-cleared`
 * @param {string} message the same for a reader
 * @param {Record<string, unknown>} [fields]
 */
import { writeSync } from 'node:fs';

export function log(event, message, fields = {}) {
  const line = {
    time: new Date().toISOString(),
    level: 'info',
    event,
    msg: message,
    pid: process.pid,
    ...fields,
  };
  writeLine(`${JSON.stringify(line)}\n`);
}

function writeLine(text) {
  try {
    writeSync(1, text);
  } catch (error) {
    // A reader that is slow (EAGAIN) or gone (EPIPE) must not take the service down with it.
    if (error.code === 'EAGAIN') process.stdout.write(text);
    else if (error.code !== 'EPIPE') throw error;
  }
}
