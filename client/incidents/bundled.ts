import { knownWithoutFacts } from '../../model/bundle/known.js';
import type { IncidentBundle } from '../../model/bundle/types.js';
import { fold } from '../../model/fold.js';
import type { IncidentDetails } from './get.js';

/** An archived incident as a closed one is read from Temporal: no server is asked, and its facts are folded anew. */
export function bundledIncident(bundle: IncidentBundle): IncidentDetails {
  const { incident, facts, history } = bundle;
  const { shortId, workflowId, runId, target, runbook, status, openedAt, closedAt } = incident;
  const view = facts && fold(facts);
  return {
    workflowId,
    runId,
    shortId,
    targetKey: target.key,
    runbook: view?.runbook ?? runbook,
    open: false,
    live: false,
    pending: [],
    status,
    openedAt,
    closedAt,
    historyEvents: history.events.length,
    ...(facts && view
      ? { source: 'result', view, facts }
      : { source: 'describe', note: knownWithoutFacts(bundle).join('\n') }),
  };
}
