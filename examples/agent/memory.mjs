/**
 * The agent's own memory against its limit. It warns in the log as MEM-001 has it: high from 80 %, critical
 * from 90 %.
 */
import { readFileSync } from 'node:fs';
import { log } from './log.mjs';

/** Where the limit of this container is told: cgroup v2, then v1. */
const LIMIT_FILES = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];
/** "No limit" in cgroup v1 is a number near 2^63, in v2 the word max. */
const NO_LIMIT = 2 ** 60;
const CHECK_MS = 1000;
const REPEAT_MS = 30_000;

/** The limit in bytes; 0 when there is none, or none can be read. */
export function memoryLimit(configuredBytes, files = LIMIT_FILES) {
  if (configuredBytes > 0) return configuredBytes;
  for (const file of files) {
    const bytes = readLimit(file);
    if (bytes > 0 && bytes < NO_LIMIT) return bytes;
  }
  return 0;
}

/** Checks every second and writes a warning when the level rises, and every 30 s while it stays. */
export function watchMemory(state) {
  if (state.memoryLimitBytes === 0) return () => {};
  let last = { level: 'ok', atMs: 0 };
  const timer = setInterval(() => {
    const level = check(state, last);
    if (level !== undefined) last = { level, atMs: Date.now() };
  }, CHECK_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function check(state, last) {
  const rssBytes = process.memoryUsage.rss();
  const percent = Math.round((rssBytes / state.memoryLimitBytes) * 100);
  const level = levelOf(percent, state.config.memory);
  if (level === 'ok') return level;
  if (level === last.level && Date.now() - last.atMs < REPEAT_MS) return undefined;
  const fields = { level: 'warn', percent, rssBytes, limitBytes: state.memoryLimitBytes };
  log(`memory-${level}`, `memory ${level}: ${percent} % of the limit used`, fields);
  return level;
}

function levelOf(percent, { warningPercent, criticalPercent }) {
  if (percent > criticalPercent) return 'critical';
  return percent > warningPercent ? 'high' : 'ok';
}

function readLimit(file) {
  try {
    return Number(readFileSync(file, 'utf8').trim()) || 0;
  } catch {
    return 0;
  }
}
