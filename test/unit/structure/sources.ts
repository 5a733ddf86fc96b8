import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../../', import.meta.url));

export interface Source {
  /** From the repository's root: `model/alert.ts`. */
  readonly path: string;
  readonly text: string;
  /** Packages as they are named; files of this repository from its root, as `.ts`. */
  readonly imports: readonly string[];
}

/** The TypeScript sources of a folder, with what each imports: statically, dynamically, or only as types. */
export function sourcesOf(folder: string): readonly Source[] {
  return readdirSync(join(repository, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => {
      const path = join(folder, name);
      const text = readFileSync(join(repository, path), 'utf8');
      return { path, text, imports: importsOf(path, text) };
    });
}

/** `from '…'`, `import '…'`, `import('…')` and `require('…')`, outside of comments. */
export function importsOf(path: string, text: string): readonly string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
  const found = code.matchAll(/\b(?:from|import|require)\s*\(?\s*(['"])([^'"\s]+)\1/g);
  return [...found].map(([, , name = '']) => (name.startsWith('.') ? inRepository(path, name) : name));
}

function inRepository(path: string, name: string): string {
  return relative('.', join(dirname(path), name)).replace(/\.js$/, '.ts');
}
