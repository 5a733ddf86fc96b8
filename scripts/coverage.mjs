// Writes docs/coverage.md from the rows in test/source-rows.
//   node scripts/coverage.mjs
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { coverageText } from './tasks/coverage.mjs';
import { ROOT } from './tasks/project.mjs';

writeFileSync(join(ROOT, 'docs/coverage.md'), coverageText());
