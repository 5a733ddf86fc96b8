export interface Found {
  path: string;
  version: string;
  how: string;
}

export interface GoProgram {
  part: string;
  name: string;
  use: string;
  version: string;
  variable: string;
  onPath?: boolean;
  mend: string;
  asks: string[];
  tells: RegExp;
  build:
    | { module: string; packages: number; takes: string }
    | ((options: { dir: string; log: (line: string) => void; label: string }) => Promise<string | null>);
}

export function goProgram(spec: GoProgram): {
  find(): Promise<Found | null>;
  ensure(options: { log: (line: string) => void; signal?: AbortSignal }): Promise<Found>;
};
