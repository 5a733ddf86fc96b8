import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../../client/cli/run.js';
import { shippedRunbooks } from '../../../worker/registry.js';
import { fakeIo } from './fake-io.js';

const folder = join(process.cwd(), 'docs/runbooks');

/** The pages that alerts link to (`runbook_url`) are what `nightshift runbook show` tells, and nothing else. */
describe('the pages in docs/runbooks', () => {
  it('are those of the runbooks that are shipped', () => {
    expect(readdirSync(folder).sort()).toEqual(shippedRunbooks.map(({ name }) => `${name}.md`).sort());
  });

  it.each(shippedRunbooks.map(({ name }) => name))(
    '%s is what it says today (nightshift runbook show %s -o md)',
    async (name) => {
      const { io, written } = fakeIo();
      expect(await runCli(['runbook', 'show', name, '-o', 'md'], io)).toBe(0);
      expect(readFileSync(join(folder, `${name}.md`), 'utf8')).toBe(written.out);
      for (const heading of [
        'Alerts',
        'Symptoms',
        'Looked at',
        'Ladder',
        'Guardrails',
        'Verification',
        'Escalation',
      ])
        expect(written.out).toContain(`\n## ${heading}`);
    },
  );
});
