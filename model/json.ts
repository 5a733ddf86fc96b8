/** A value that survives a round trip through JSON: everything kept in a history is one. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The same, but always an object. */
export type JsonObject = { readonly [key: string]: Json };

/**
 * JSON with sorted keys, so that two equal values always give the same text.
 * Object members that are `undefined` are left out, as JSON does.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const members = Object.entries(value)
      .filter(([, member]) => member !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
    return `{${members.join(',')}}`;
  }
  return JSON.stringify(value) ?? 'null';
}
