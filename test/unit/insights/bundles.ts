import { sha256 } from '../../../archive/format.js';
import { sealBundle } from '../../../model/bundle/seal.js';
import type { IncidentBundle } from '../../../model/bundle/types.js';
import { fold } from '../../../model/fold.js';
import { closedOf, factsOf, type Given } from './generate.js';

/** The incident as the archiver would have written it; without facts where it was terminated. */
export function bundleOf(given: Given, terminated = false): IncidentBundle {
  const { shortId, targetKey, runbook, openedAt, closedAt } = closedOf(given);
  const facts = factsOf(given);
  const told = { facts, report: fold(facts) };
  return sealBundle(
    {
      incident: {
        shortId,
        workflowId: `incident/${targetKey}`,
        runId: `run-${shortId}`,
        target: { key: targetKey, kind: given.kind ?? 'container', scope: 'docker/local' },
        runbook,
        product: 'test',
        status: terminated ? 'TERMINATED' : 'COMPLETED',
        ...(terminated ? {} : { outcome: given.outcome ?? 'recovered' }),
        openedAt,
        closedAt,
        alerts: ['MemoryHigh'],
      },
      writtenAt: closedAt,
      writtenBy: 'test',
      namespace: 'default',
      redactions: 0,
      policies: [],
      ...(terminated ? {} : told),
      history: { events: [] },
    },
    sha256,
  );
}
