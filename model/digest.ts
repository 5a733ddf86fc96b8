import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { canonicalJson } from './json.js';

/** SHA-256 of a value's canonical JSON, in hex. Pure JavaScript, so that workflow code can use it. */
export function digest(value: unknown): string {
  return sha256Hex(canonicalJson(value));
}

/** SHA-256 of a text in UTF-8, in hex. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}

const base32 = 'abcdefghijklmnopqrstuvwxyz234567';

/**
 * An incident's short id: 8 characters of the base32 SHA-256 of its run id.
 * Run ids are ordered by time, so their prefixes are not distinct; their hashes are.
 */
export function shortId(runId: string): string {
  const hash = sha256(utf8ToBytes(runId));
  let bits = 0;
  let pending = 0;
  let out = '';
  for (const byte of hash) {
    pending = (pending << 8) | byte;
    bits += 8;
    while (bits >= 5 && out.length < 8) {
      bits -= 5;
      out += base32[(pending >> bits) & 31];
      pending &= (1 << bits) - 1;
    }
    if (out.length === 8) break;
  }
  return out;
}
