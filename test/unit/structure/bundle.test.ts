import { performance } from 'node:perf_hooks';
import { Script } from 'node:vm';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle } from '../../../worker/bundle.js';

describe('the workflow bundle', () => {
  let code = '';
  let modules: readonly string[] = [];
  beforeAll(async () => {
    code = await bundle([]);
    // The modules' names, as webpack keeps them; what stands in the source map is not code.
    const [program = ''] = code.split('//# sourceMappingURL');
    modules = [
      ...new Set([...program.matchAll(/^\/\*\*\*\/ "([^"]+)":?/gm)].map(([, name]) => name as string)),
    ];
  });

  it('has the engine, the governor and every shipped runbook', () => {
    expect(modules.some((name) => name.endsWith('workflows/incident/engine.ts'))).toBe(true);
    expect(modules.some((name) => name.includes('workflows/runbooks/mem-001/'))).toBe(true);
    expect(modules.some((name) => name.includes('node_modules/@noble/hashes/'))).toBe(true);
  });

  it('has no zod, no YAML and nothing of Node in it', () => {
    const packages = modules.flatMap((name) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(name)?.[1] ?? []);
    expect(packages).not.toContain('zod');
    expect(packages).not.toContain('yaml');
    expect(modules.filter((name) => /(^|\/)(activities|config|worker|client)\//.test(ownPath(name)))).toEqual(
      [],
    );
    expect(modules.filter((name) => name.startsWith('node:'))).toEqual([]);
  });

  it('can be compiled as a worker does it', () => {
    const began = performance.now();
    const script = new Script(code, { filename: 'workflow-bundle.js' });
    const ms = Math.round(performance.now() - began);
    console.log(`the bundle has ${(code.length / 1e6).toFixed(1)} MB and was compiled in ${ms} ms`);
    expect(script).toBeInstanceOf(Script);
  });

  /** Of a module of this repository: the SDK has a folder worker/ of its own, and the entry is written into ours. */
  const ownPath = (name: string): string =>
    name.includes('node_modules') || /\/entry-[^/]+\.cjs$/.test(name) ? '' : name;
});
