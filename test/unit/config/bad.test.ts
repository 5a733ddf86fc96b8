import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, describeProblem, parseConfig } from '../../../config/index.js';

const folder = new URL('./bad/', import.meta.url);
const files = readdirSync(folder).filter((file) => file.endsWith('.yaml'));

const runbooks = [
  {
    name: 'MEM-001',
    targetKinds: ['container', 'host', 'hostProcess'],
    ladder: [{ name: 'clear-caches' }, { name: 'restart-bloated' }],
    changeKinds: [{ kind: 'cache.clear' }, { kind: 'container.restart' }],
  },
];

/** Each file ends with what must be said of it: lines of `#> line:column path: message. Mend.` */
function expectedIn(text: string): readonly string[] {
  return [...text.matchAll(/^#> (.*)$/gm)].map(([, line = '']) => line);
}

function saidOf(text: string): readonly string[] {
  try {
    parseConfig(text, 'nightshift.yaml', { runbooks });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((problem) => describeProblem(problem).replace('nightshift.yaml:', ''));
  }
  return [];
}

describe('a wrong configuration is refused, with the line and the mend', () => {
  it.each(files)('%s', (file) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const expected = expectedIn(text);
    expect(expected.length, 'the file says what is expected of it').toBeGreaterThan(0);
    expect(saidOf(text)).toEqual(expected);
  });

  it('no message ever shows what may be a secret', () => {
    for (const file of files) {
      const said = saidOf(readFileSync(new URL(file, folder), 'utf8')).join('\n');
      expect(said).not.toContain('hunter2');
    }
  });
});
