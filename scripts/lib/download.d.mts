export function platform(): { os: string; arch: string } | null;
export function download(options: {
  url: string;
  to: string;
  /** Address of the vendor's list, "<hex>  <file>" a line. */
  checksums?: string;
  log: (line: string) => void;
  label: string;
  signal?: AbortSignal;
}): Promise<void>;
