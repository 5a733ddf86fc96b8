const secondsPer: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

const bytesPer: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
};

export const durationPattern = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/;
export const sizePattern = /^\d+(\.\d+)? ?(B|kB|MB|GB|TB|KiB|MiB|GiB|TiB)$/;
export const percentPattern = /^\d+(\.\d+)? ?%$/;

/** Seconds of `90s`, `5m`, `1h30m`. The text matches `durationPattern`. */
export function seconds(text: string): number {
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g);
  let total = 0;
  for (const [, amount, unit] of parts) total += Number(amount) * (secondsPer[unit ?? ''] ?? Number.NaN);
  return total;
}

/** Bytes of `512MiB` (binary) or `2GB` (decimal), rounded. The text matches `sizePattern`. */
export function bytes(text: string): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?) ?(\w+)$/.exec(text) ?? [];
  return Math.round(Number(amount) * (bytesPer[unit ?? ''] ?? Number.NaN));
}

/** Percent of `80%`. The text matches `percentPattern`. */
export function percent(text: string): number {
  return Number.parseFloat(text);
}
