/** One line of a source runbook: see test/source-rows/row.mjs. */
export interface Row {
  readonly id: string;
  readonly part: string;
  readonly text: string;
  readonly where: readonly string[];
  readonly tests: readonly (readonly [file: string, title: string])[];
  readonly departure?: string;
  readonly advice?: true;
}

export interface RanTest {
  readonly file: string;
  readonly title: string;
  readonly status: string;
}

export interface StandIn {
  readonly file: string;
  readonly what: string;
  readonly tests: readonly string[];
}

export const SOURCES: readonly { readonly title: string; readonly rows: readonly Row[] }[];
export function unproven(
  rows: readonly Row[],
  ran: readonly RanTest[],
  textOf?: (file: string) => string,
  listed?: readonly StandIn[],
): string[];
export function unlisted(
  rows: readonly Row[],
  textOf?: (file: string) => string,
  listed?: readonly StandIn[],
): string[];
export function ranTests(report: {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}): RanTest[];
export function coverageProblems(report: string): string[];
export function coverageText(): string;
