/** Writes `config/nightshift.schema.json` anew: after a build, `node dist/config/write-schema.js`. */
import { writeFileSync } from 'node:fs';
import { jsonSchema } from './json-schema.js';

const text = `${JSON.stringify(jsonSchema(), null, 2)}\n`;
writeFileSync(new URL('../../config/nightshift.schema.json', import.meta.url), text);
