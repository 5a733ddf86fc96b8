const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes for people: `412 MiB`, `1.5 GiB`. */
export function inBytes(bytes: number): string {
  const sign = bytes < 0 ? '-' : '';
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1023.5 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${sign}${value.toFixed(digits).replace(/\.0$/, '')} ${units[unit]}`;
}

/** A percentage for people: `93 %`, one decimal below 10. */
export function inPercent(percent: number): string {
  return `${percent.toFixed(Math.abs(percent) < 10 ? 1 : 0).replace(/\.0$/, '')} %`;
}

/** A time span for people: `45 s`, `12 min`, `3.5 h`, `9 days`. */
export function inTime(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  if (seconds < 48 * 3600) return `${(seconds / 3600).toFixed(1).replace(/\.0$/, '')} h`;
  return `${Math.round(seconds / 86400)} days`;
}
