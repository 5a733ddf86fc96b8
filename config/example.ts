import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The text of `nightshift.example.yaml`, from the folder that holds it: this one's, or that of `dist`. */
export function exampleText(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  for (const up of ['..', '../..']) {
    try {
      return readFileSync(join(here, up, 'nightshift.example.yaml'), 'utf8');
    } catch {
      // Built code lies one folder deeper than its source.
    }
  }
  throw new Error('nightshift.example.yaml is missing from this installation. Install Nightshift again.');
}
