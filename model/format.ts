/** How figures are written for people: the same in the CLI, the report and every message. */

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Bytes in binary units, three significant digits: `184 MiB`, `1.25 GiB`, `-12 MiB`. */
export function bytes(value: number): string {
  let rest = Math.abs(value);
  let unit = 0;
  while (rest >= 1023.5 && unit < units.length - 1) {
    rest /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || rest >= 99.95 ? 0 : rest >= 9.995 ? 1 : 2;
  const sign = value < 0 && rest > 0 ? '-' : '';
  return `${sign}${trimZeros(rest.toFixed(digits))} ${units[unit]}`;
}

/** Bytes a second: `34.5 KiB/s`. */
export function byteRate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** A percentage without needless digits: `96 %`, `4.2 %`. */
export function percent(value: number): string {
  return `${trimZeros(Math.abs(value) < 9.95 ? value.toFixed(1) : value.toFixed(0))} %`;
}

/** A length of time in its two largest units: `45 s`, `3 min 20 s`, `1 h 5 min`, `2 d 3 h`. */
export function duration(seconds: number): string {
  if (seconds < 0) return `-${duration(-seconds)}`;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return two(Math.floor(whole / 60), 'min', whole % 60, 's');
  if (whole < 86400) return two(Math.floor(whole / 3600), 'h', Math.floor((whole % 3600) / 60), 'min');
  return two(Math.floor(whole / 86400), 'd', Math.floor((whole % 86400) / 3600), 'h');
}

/** The same in its largest unit, for lists: `3 min`. */
export function roughly(seconds: number): string {
  const [value = '', unit = ''] = duration(Math.max(0, Math.round(seconds))).split(' ');
  return `${value} ${unit}`;
}

/** `1 check`, `3 checks`, `2 entries`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** The time of day of an ISO time, UTC: `05:10:32`. What is no time is given back as it is. */
export function clock(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : new Date(time).toISOString().slice(11, 19);
}

/** Date and time of an ISO time, UTC: `2026-11-22 05:10:32 UTC`. */
export function dateTime(iso: string): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? iso : `${new Date(time).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** Seconds from one ISO time to another; 0 where one of them is no time. */
export function secondsBetween(from: string, to: string): number {
  const seconds = (Date.parse(to) - Date.parse(from)) / 1000;
  return Number.isNaN(seconds) ? 0 : seconds;
}

/** A sentence with its full stop, and only one. */
export function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?…]$/.test(trimmed) || trimmed === '' ? trimmed : `${trimmed}.`;
}

/** With a capital first letter. */
export function capital(text: string): string {
  return text === '' ? '' : text[0]!.toUpperCase() + text.slice(1);
}

function two(a: number, unitA: string, b: number, unitB: string): string {
  return b === 0 ? `${a} ${unitA}` : `${a} ${unitA} ${b} ${unitB}`;
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}
