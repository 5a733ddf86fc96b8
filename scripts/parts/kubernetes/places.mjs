import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isFree, takenAddresses } from '../../lib/bridge.mjs';
import { isAlive, startTimeOf } from '../../lib/processes.mjs';

/** Where clusters are: fixed, so that what a killed run left is found by any other. Short, since sockets are below it. */
export const CLUSTERS = '/var/tmp/nightshift-clusters';
export const LOCK = `${CLUSTERS}.lock`;
/**
 * Pairs of ranges that are hardly used anywhere: the link between machine and cluster, and the pods. The first
 * is set aside for benchmarks (RFC 2544); some VPNs use it, so there is a second.
 */
const RANGES = [
  ['198.18', '198.19'],
  ['10.214', '10.215'],
];

/**
 * What there is to know of a cluster, in its `cluster.json`; written before anything else is made, so that all of
 * it can be found again.
 *
 * @typedef {{ id: string, dir: string, owner: { pid: number, start: string | null }, link: string, cgroup: string,
 *   hostIp: string, nodeIp: string, podRange: string, nodeName: string, programs: Record<string, string> }} Record
 */

/**
 * Reserves a name and addresses for a new cluster, and makes its folder. To be called with the lock held.
 * @param {Record<string, string>} programs
 * @returns {Record}
 */
export function reserve(programs) {
  const id = randomBytes(3).toString('hex');
  const dir = join(CLUSTERS, id);
  const [link, pods] = freeRanges();
  const record = {
    id,
    dir,
    owner: { pid: process.pid, start: startTimeOf(process.pid) },
    link: `nsk-${id}`,
    cgroup: `nightshift-${id}`,
    hostIp: `${link}.1`,
    nodeIp: `${link}.2`,
    podRange: `${pods}.0/24`,
    nodeName: 'nightshift-node',
    programs,
  };
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  writeJson(join(dir, 'cluster.json'), record);
  return record;
}

/** Two free ranges of 256 addresses, by what they begin with. Other clusters' are routes, or in their records. */
function freeRanges() {
  const taken = takenAddresses();
  const reserved = new Set(records().flatMap(({ record }) => (record ? [record.podRange] : [])));
  for (const [links, pods] of RANGES) {
    for (let third = 0; third < 256; third += 1) {
      if (reserved.has(`${pods}.${third}.0/24`)) continue;
      if (isFree(`${links}.${third}`, taken) && isFree(`${pods}.${third}`, taken))
        return [`${links}.${third}`, `${pods}.${third}`];
    }
  }
  throw new Error(`no free address range for a cluster in ${RANGES.flat().join(', ')}`);
}

/** All clusters that have a folder; `record` is null where the folder was made and nothing else. */
export function records() {
  if (!existsSync(CLUSTERS)) return [];
  const ids = readdirSync(CLUSTERS).filter((name) => /^[0-9a-f]{6}$/.test(name));
  return ids.map((id) => ({
    id,
    dir: join(CLUSTERS, id),
    record: readJson(join(CLUSTERS, id, 'cluster.json')),
  }));
}

/** Whether somebody looks after this cluster: its keeper, or, until there is one, the process that began it. */
export function hasOwner({ dir, record }) {
  const owner = readJson(join(dir, 'keeper.json')) ?? record?.owner;
  return Boolean(owner && isAlive(owner.pid) && startTimeOf(owner.pid) === owner.start);
}

/** A file appears whole or not at all. */
export function writeJson(path, value) {
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`);
  renameSync(`${path}.new`, path);
}

export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
