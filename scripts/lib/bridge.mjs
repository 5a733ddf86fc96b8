import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { runCommand, which } from './run-command.mjs';

/**
 * Makes a network bridge for a private engine, with an address range that nothing here uses. A bridge of
 * its own keeps the engine from sharing `docker0`, and so its addresses, with another engine.
 * @param {string} name at most 15 characters
 */
export async function makeBridge(name) {
  await removeBridge(name);
  const address = freeAddress();
  await ip(['link', 'add', name, 'type', 'bridge']);
  await ip(['addr', 'add', address, 'dev', name]);
  await ip(['link', 'set', name, 'up']);
  return address;
}

/** Removes that bridge; quietly if there is none. */
export async function removeBridge(name) {
  if (networkInterfaces()[name] || links().includes(name)) await ip(['link', 'del', name]).catch(() => {});
}

/** The first 10.213.n.1/24 that overlaps neither a route nor an address of this machine. */
function freeAddress() {
  const taken = takenAddresses();
  for (let third = 0; third < 256; third += 1) {
    if (isFree(`10.213.${third}`, taken)) return `10.213.${third}.1/24`;
  }
  throw new Error("no free address range in 10.213.0.0/16 for the engine's bridge");
}

/** The addresses that this machine has or knows a way to, as ranges of numbers. */
export function takenAddresses() {
  return [...routes(), ...addresses()];
}

/** Whether none of the 256 addresses that begin with `prefix`, such as 10.213.4, is taken. */
export function isFree(prefix, taken) {
  const from = numberOf(`${prefix}.0`);
  return !taken.some((range) => range.from <= from + 255 && from <= range.to);
}

/** The kernel's routes as ranges; the default route is none. Numbers there are little-endian hexadecimal. */
function routes() {
  const lines = readFileSync('/proc/net/route', 'utf8').trim().split('\n').slice(1);
  return lines.flatMap((line) => {
    const [, destination = '', , , , , , mask = ''] = line.split('\t');
    if (mask === '00000000') return [];
    const from = fromHex(destination);
    return [{ from, to: from + (0xffffffff - fromHex(mask)) }];
  });
}

function fromHex(text) {
  return Buffer.from(text, 'hex').readUInt32LE();
}

function addresses() {
  const all = Object.values(networkInterfaces()).flat();
  return all
    .filter((each) => each?.family === 'IPv4')
    .map((each) => {
      const number = numberOf(each.address);
      return { from: number, to: number };
    });
}

function numberOf(address) {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The names of the network devices. */
export function links() {
  const lines = readFileSync('/proc/net/dev', 'utf8').split('\n');
  return lines.map((line) => line.split(':')[0]?.trim() ?? '');
}

/** Runs `ip`, or busybox's. Throws what it says. */
export async function ip(args) {
  const program = which('ip');
  const result = program ? await runCommand(program, args) : await runCommand('busybox', ['ip', ...args]);
  if (result.code !== 0) throw new Error(`ip ${args.join(' ')}: ${result.tail}`);
}
