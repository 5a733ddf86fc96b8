import type { Json } from '../../model/json.js';

/** Bytes of an answer that are read; the rest is left unread, and the connection closed. */
export const bodyLimitBytes = 64 * 1024;

export interface Body {
  /** At most `bodyLimitBytes` of it. */
  readonly text: string;
  /** Absent where it is no JSON, or longer than the limit. */
  readonly json?: Json;
  /** True where there was more than `bodyLimitBytes`. */
  readonly cut: boolean;
}

/** Reads an answer up to the limit. `clean` takes out what must not be kept. */
export async function readBody(response: Response, clean: (text: string) => string): Promise<Body> {
  const { bytes, cut } = await readUpTo(response, bodyLimitBytes);
  const text = clean(new TextDecoder().decode(bytes));
  const json = cut ? undefined : parse(text);
  return { text, cut, ...(json === undefined ? {} : { json }) };
}

async function readUpTo(response: Response, limit: number): Promise<{ bytes: Uint8Array; cut: boolean }> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (response.body === null) return { bytes: new Uint8Array(), cut: false };
  // Leaving the loop early closes the connection.
  for await (const chunk of response.body) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > limit) break;
  }
  return { bytes: Buffer.concat(chunks).subarray(0, limit), cut: size > limit };
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return undefined;
  }
}
