import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Problem } from './types.js';

export type Path = readonly PropertyKey[];

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** A YAML text, read: its value, and where each part of it stands. */
export interface Source {
  readonly value: unknown;
  /** The place of a value, or of its key. Where there is no such thing: of the innermost part that there is. */
  locate(path: Path, what?: 'key' | 'value'): Place;
  /** What makes it no YAML. */
  readonly problems: readonly Problem[];
}

/** Reads a text. Messages never quote it: it may hold what should have been a secret. */
export function readYaml(text: string, file: string): Source {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, merge: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const faults = [...document.errors, ...document.warnings];
  const problems = faults.map((fault) => ({ file, path: '', ...place(fault.pos[0]), ...wording(fault) }));
  const locate: Source['locate'] = (path, what = 'value') => place(offsetOf(document, path, what));
  if (problems.length > 0) return { value: undefined, locate, problems };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }), locate, problems };
  } catch {
    return { value: undefined, locate, problems: [badAlias(document, file, place)] };
  }
}

/** An alias without its anchor, or so many that the document would grow without bound. */
function badAlias(document: Document, file: string, place: (offset: number) => Place): Problem {
  let at = 0;
  visit(document, {
    Alias(_key, alias) {
      if (alias.resolve(document) !== undefined) return undefined;
      at = alias.range?.[0] ?? 0;
      return visit.BREAK;
    },
  });
  const message = 'an alias (*) refers to no anchor (&) above, or too many aliases refer to one another';
  return { file, path: '', ...place(at), message, mend: 'Put text that begins with * in quotes' };
}

/** `targets[0].policy.soak` */
export function pathText(path: Path): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    const word = /^[\w$-]+$/.test(String(part)) ? String(part) : JSON.stringify(String(part));
    return text === '' ? word : `${text}.${word}`;
  }, '');
}

function offsetOf(document: Document, path: Path, what: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = startOf(node) ?? 0;
  for (const [depth, part] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    const step = stepInto(node, part);
    if (step === undefined) return offset;
    const wantsKey = what === 'key' && depth === path.length - 1;
    offset = (wantsKey ? startOf(step.key) : startOf(step.value)) ?? startOf(step.key) ?? offset;
    node = step.value;
  }
  return offset;
}

function stepInto(node: unknown, part: PropertyKey) {
  if (isSeq(node) && typeof part === 'number') return { key: undefined, value: node.items[part] };
  if (!isMap(node)) return undefined;
  return node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part));
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? (node as Node).range?.[0] : undefined;
}

function wording({ code }: YAMLError): { readonly message: string; readonly mend: string } {
  const message = (what: string, mend: string) => ({ message: what, mend });
  switch (code) {
    case 'DUPLICATE_KEY':
      return message('the same key stands here twice', 'Keep one of the two');
    case 'TAB_AS_INDENT':
      return message('a tab is used to indent', 'Use spaces: YAML takes no tabs there');
    case 'BAD_INDENT':
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return message(
        'the indentation fits nothing above',
        'Indent by two spaces what belongs to the line above; close every bracket that is open there',
      );
    case 'MISSING_CHAR':
      return message('something is not closed', 'Look for a missing quote, comma, colon or bracket');
    case 'MULTIPLE_DOCS':
      return message('a second document begins', 'Keep everything in one, without a line of ---');
    case 'BAD_ALIAS':
      return message('an alias (*) refers to no anchor (&) above', 'Put text that begins with * in quotes');
    case 'TAG_RESOLVE_FAILED':
      return message('a tag (!) is not known here', 'Put text that begins with ! in quotes');
    case 'BAD_SCALAR_START':
      return message('text begins with a character that YAML keeps for itself', 'Put the text in quotes');
    default:
      return message(
        `this is not YAML (${code})`,
        'Check quotes, brackets and indentation here and just above',
      );
  }
}
