/**
 * The agent's configuration, read from the environment. The defaults of the cache and of garbage collection
 * are MEM-001's MEMORY_CONFIG: cache_max_size 1000 items, max_cache_memory_mb 100, gc_interval_seconds 60,
 * enable_gc_monitoring true, warning at 80 % and critical at 90 %. A MB there is 1024 × 1024 bytes.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { parseFault } from './faults.mjs';

const MIB = 1024 * 1024;

/** The endpoints that can be made to fail, as they appear in `AGENT_FAULT_<ENDPOINT>`. */
const FAULT_POINTS = ['CHAT', 'HEALTH', 'METRICS', 'CLEAR_CACHE', 'CLEAR_SESSIONS', 'GC', 'DEGRADE', 'DRAIN'];

/** An environment that can't be used; the message names the variable and the mend. */
export class ConfigError extends Error {}

/** @param {Record<string, string | undefined>} env @throws {ConfigError} */
export function readConfig(env) {
  const config = {
    port: integer(env, 'PORT', 18789),
    host: env.HOST || '0.0.0.0',
    cache: {
      maxItems: integer(env, 'AGENT_CACHE_MAX_ITEMS', 1000, 1),
      maxBytes: integer(env, 'AGENT_CACHE_MAX_BYTES', 100 * MIB, 1),
      fillBytes: integer(env, 'AGENT_CACHE_FILL_BYTES', 0),
    },
    chat: {
      contextBytes: integer(env, 'AGENT_CHAT_CONTEXT_BYTES', 64 * 1024, 1),
      delayMs: integer(env, 'AGENT_CHAT_DELAY_MS', 0),
      maxSessions: integer(env, 'AGENT_MAX_SESSIONS', 1000, 1),
    },
    gc: {
      monitoring: flag(env, 'AGENT_GC_MONITORING', true),
      intervalSeconds: integer(env, 'AGENT_GC_INTERVAL_SECONDS', 60, 1),
    },
    memory: {
      warningPercent: 80,
      criticalPercent: 90,
      limitBytes: integer(env, 'AGENT_MEMORY_LIMIT_BYTES', 0),
    },
    leak: {
      bytesPerSecond: integer(env, 'AGENT_LEAK_BYTES_PER_SECOND', 0),
      maxBytes: integer(env, 'AGENT_LEAK_MAX_BYTES', Number.MAX_SAFE_INTEGER),
      startDelaySeconds: number(env, 'AGENT_LEAK_START_DELAY_SECONDS', 0),
      onceFile: env.AGENT_LEAK_ONCE_FILE || '',
    },
    garbageBytes: integer(env, 'AGENT_GARBAGE_BYTES', 0),
    startDelaySeconds: number(env, 'AGENT_START_DELAY_SECONDS', 0),
    stopTimeoutSeconds: number(env, 'AGENT_STOP_TIMEOUT_SECONDS', 8),
    drainTimeoutSeconds: number(env, 'AGENT_DRAIN_TIMEOUT_SECONDS', 30),
    ignoreSigterm: flag(env, 'AGENT_IGNORE_SIGTERM', false),
    unhealthyFile: env.AGENT_UNHEALTHY_FILE || '',
    adminTokenRequired: Boolean(env.AGENT_ADMIN_TOKEN_FILE || env.AGENT_ADMIN_TOKEN),
    faults: faultsFrom(env),
  };
  return config;
}

/** The admin token, kept apart from the configuration so that it can't reach a log. '' means none is asked. */
export function readAdminToken(env) {
  const file = env.AGENT_ADMIN_TOKEN_FILE;
  if (!file) return env.AGENT_ADMIN_TOKEN || '';
  const token = readTokenFile(file);
  if (token === '') {
    throw new ConfigError(
      `AGENT_ADMIN_TOKEN_FILE ${file} is empty: write a token to it, or unset the variable.`,
    );
  }
  return token;
}

/** A short name for this configuration, so that two starts can be compared from the log. Holds no secret. */
export function configDigest(config) {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 12);
}

function readTokenFile(file) {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new ConfigError(
      `AGENT_ADMIN_TOKEN_FILE ${file} can't be read (${error.code}): check the path and its rights.`,
    );
  }
}

function faultsFrom(env) {
  const faults = {};
  for (const point of FAULT_POINTS) {
    const name = `AGENT_FAULT_${point}`;
    const text = env[name];
    if (!text) continue;
    const fault = parseFault(text);
    if (fault === undefined) {
      throw new ConfigError(
        `${name} is "${text}": use 500, hang, nonsense, redirect or lost, with ":<times>" for only the first few.`,
      );
    }
    faults[point] = fault;
  }
  return faults;
}

function number(env, name, fallback, min = 0) {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!Number.isFinite(value) || value < min) {
    throw new ConfigError(`${name} is "${text}": give a number of at least ${min}, or unset it.`);
  }
  return value;
}

function integer(env, name, fallback, min = 0) {
  const value = number(env, name, fallback, min);
  if (!Number.isSafeInteger(value)) {
    throw new ConfigError(`${name} is "${env[name]}": give a whole number, such as 1048576, or unset it.`);
  }
  return value;
}

function flag(env, name, fallback) {
  const text = env[name];
  if (text === undefined || text === '') return fallback;
  if (['1', 'true', 'yes', 'on'].includes(text.toLowerCase())) return true;
  if (['0', 'false', 'no', 'off'].includes(text.toLowerCase())) return false;
  throw new ConfigError(`${name} is "${text}": use 1 or 0.`);
}
