import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { constants, gunzip, gunzipSync, gzip } from 'node:zlib';
import { checkBundle, checkHeader } from '../model/bundle/check.js';
import { BundleError } from '../model/bundle/errors.js';
import type { Sha256 } from '../model/bundle/seal.js';
import { type BundledIncident, bundleFormat, type IncidentBundle } from '../model/bundle/types.js';
import { codeOf } from './errors.js';

/** Bytes that a bundle may come to when it is opened: five times what Temporal lets a history grow to. */
export const largest = 256 * 1024 * 1024;

/**
 * Values that it may hold. The largest history has a tenth of it; a small file of many millions would take all memory
 * when it is parsed, and the process with it.
 */
const mostValues = 10_000_000;

/** The same value as the pure one, from Node. */
export const sha256: Sha256 = (text) => createHash('sha256').update(text).digest('hex');

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** A bundle as the bytes of its file. */
export async function encodeBundle(bundle: IncidentBundle): Promise<Buffer> {
  return pack(bundleText(bundle));
}

/**
 * A bundle as JSON: what a list shows on the first line, so that a list reads no more than that; then policies,
 * facts and report on a line each, and the history with one event a line.
 */
export function bundleText(bundle: IncidentBundle): string {
  const { policies, facts, report, history, ...head } = bundle;
  const { events, ...rest } = history;
  const parts = [JSON.stringify(head).slice(0, -1), `"policies":${JSON.stringify(policies)}`];
  if (facts) parts.push(`"facts":${JSON.stringify(facts)}`);
  if (report) parts.push(`"report":${JSON.stringify(report)}`);
  const others = Object.entries(rest).map(
    ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)},`,
  );
  parts.push(
    `"history":{${others.join('')}"events":[\n${events.map((event) => JSON.stringify(event)).join(',\n')}\n]}`,
  );
  return `${parts.join(',\n')}}\n`;
}

/** The bundle in a file's bytes, gzip or plain JSON. `file` is what errors name. Throws `BundleError`. */
export async function decodeBundle(
  bytes: Buffer,
  file: string,
  atMost: number = largest,
): Promise<IncidentBundle> {
  if (bytes.length < 2)
    throw new BundleError('truncated', file, bytes.length === 0 ? 'is empty' : 'has no more than one byte');
  const text = isGzip(bytes) ? await unzipped(bytes, file, atMost) : bytes.toString('utf8');
  if (holdsTooMuch(text))
    throw new BundleError('unreadable', file, `holds more than ${mostValues / 1_000_000} million values`);
  return checkBundle(parse(text, file), file, sha256);
}

/** By what stands between values; a text this short can't hold so many. */
function holdsTooMuch(text: string): boolean {
  if (text.length < mostValues) return false;
  let values = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === comma || code === bracket || code === brace) values += 1;
  }
  return values > mostValues;
}

const [comma, bracket, brace] = [0x2c, 0x5b, 0x7b];

/**
 * The incident that the beginning of a file tells of; undefined where more of the file is needed to tell.
 * Throws `BundleError`.
 */
export function decodeHeader(beginning: Buffer, file: string): BundledIncident | undefined {
  const text = isGzip(beginning) ? begun(beginning) : beginning.toString('utf8');
  const end = text.indexOf(',\n"policies":');
  if (end < 0) return undefined;
  try {
    return checkHeader(JSON.parse(`${text.slice(0, end)}}`), file);
  } catch (error) {
    // One that was written by other hands, or a newer version with other members: all of it will tell.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isGzip(bytes: Buffer): boolean {
  return bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** As much of the text as the beginning of a gzip file holds; empty where none of it can be had. */
function begun(beginning: Buffer): string {
  try {
    return gunzipSync(beginning, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: 1024 * 1024,
    }).toString('utf8');
  } catch {
    return '';
  }
}

async function unzipped(bytes: Buffer, file: string, atMost: number): Promise<string> {
  try {
    return (await unpack(bytes, { maxOutputLength: atMost })).toString('utf8');
  } catch (error) {
    const cause = { cause: error };
    switch (codeOf(error)) {
      case 'Z_BUF_ERROR':
        throw new BundleError('truncated', file, 'ends in the middle', undefined, cause);
      case 'ERR_BUFFER_TOO_LARGE':
        throw new BundleError('unreadable', file, `is larger than ${atMost / 1024 / 1024} MiB when opened`);
      default:
        // What began as a bundle of ours was damaged; anything else never was one.
        if (begun(bytes.subarray(0, 4096)).includes(bundleFormat))
          throw new BundleError('edited', file, 'is damaged: its checksum does not fit', undefined, cause);
        throw new BundleError('foreign', file, 'is no bundle: damaged, or not gzip at all', undefined, cause);
    }
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const cause = { cause: error };
    if (!text.slice(0, 200).includes(bundleFormat))
      throw new BundleError('foreign', file, 'is no bundle: not JSON', undefined, cause);
    if (endsEarly(text, error))
      throw new BundleError('truncated', file, 'ends in the middle', undefined, cause);
    throw new BundleError('edited', file, 'is damaged: it is no JSON any more', undefined, cause);
  }
}

/** True where the parser wanted more, and not something else. */
function endsEarly(text: string, error: unknown): boolean {
  const said = error instanceof Error ? error.message : '';
  const [, position] = /position (\d+)/.exec(said) ?? [];
  return (
    /end of JSON|Unterminated/.test(said) || (position !== undefined && Number(position) >= text.length - 1)
  );
}
