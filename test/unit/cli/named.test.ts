import { describe, expect, it } from 'vitest';
import { named } from '../../../client/cli/access/named.js';
import { CliError, exitCodes } from '../../../client/cli/exit-codes.js';
import type { IncidentRow, Incidents } from '../../../client/incidents/index.js';

const row: IncidentRow = {
  workflowId: 'incident/docker/local/agent',
  runId: '019a-run',
  targetKey: 'docker/local/agent',
  shortId: 'k3f7x2ab',
  runbook: 'MEM-001',
  needsDecision: false,
  state: 'open',
  openedAt: '2026-11-22T03:00:00Z',
};

function knowing(rows: readonly IncidentRow[]): Incidents {
  const unasked = () => Promise.reject(new Error('only the list is expected here'));
  const others = { read: unasked, open: unasked, decide: unasked, pause: unasked, resume: unasked };
  const resolve = async () => {
    throw new CliError(exitCodes.notFound, 'there is no such incident', 'GET /incidents lists them.');
  };
  return { ...others, cancel: unasked, keep: unasked, resolve, list: async () => [...rows] };
}

describe('an incident that is not there', () => {
  it.each([
    ['agent', 'Did you mean docker/local/agent?'],
    ['docker/local/agnet', 'Did you mean docker/local/agent?'],
    ['k3f9x2aa', 'Did you mean k3f7x2ab?'],
    ['something-else-entirely', 'nightshift incident list --all'],
  ])(
    '%s: says what was probably meant, or where to look, in words of the command line',
    async (name, mend) => {
      const refusal = named(knowing([row]), name);
      await expect(refusal).rejects.toMatchObject({ code: exitCodes.notFound });
      await expect(refusal).rejects.toMatchObject({
        message: `no incident is called ${name}`,
        mend: expect.stringContaining(mend),
      });
    },
  );
});
