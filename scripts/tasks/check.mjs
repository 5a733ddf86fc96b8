import { join } from 'node:path';
import { program, ROOT } from './project.mjs';

/** Format and lint. @returns {Promise<boolean>} whether all is well */
export async function lint(session) {
  return (await session.foreground(program('biome'), ['check', '--error-on-warnings', ROOT])) === 0;
}

/** `npm run check`: types, lint, format; seconds. */
export async function check(session) {
  const tsc = [
    '-p',
    ROOT,
    '--noEmit',
    '--tsBuildInfoFile',
    join(ROOT, 'node_modules/.cache/check.tsbuildinfo'),
  ];
  const types = await session.foreground(program('tsc'), tsc);
  const style = await lint(session);
  return types === 0 && style ? 0 : 1;
}
