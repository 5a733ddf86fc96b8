const mebibyte = 1024 ** 2;

export interface ComposeFigures {
  readonly service: string;
  readonly limitBytes: number;
  readonly reservationBytes: number;
}

/** MEM-001's compose settings with the figures of this service: no swap on top of its memory. */
export function composePatch({ service, limitBytes, reservationBytes }: ComposeFigures): string {
  const limit = inMebibytes(limitBytes);
  return [
    'services:',
    `  ${yamlKey(service)}:`,
    '    deploy:',
    '      resources:',
    '        limits:',
    `          memory: ${limit}`,
    '        reservations:',
    `          memory: ${inMebibytes(Math.min(reservationBytes, limitBytes))}`,
    `    memswap_limit: ${limit}`,
    '',
  ].join('\n');
}

/** Whole MiB, as compose writes them: `512M`. */
function inMebibytes(bytes: number): string {
  return `${Math.max(1, Math.ceil(bytes / mebibyte))}M`;
}

/** A name that YAML could take for something else is quoted. */
function yamlKey(name: string): string {
  return /^[A-Za-z][\w.-]*$/.test(name) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(name)
    ? name
    : JSON.stringify(name);
}
