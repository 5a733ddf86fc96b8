import { type Incidents, NotFound } from '../../../client/incidents/index.js';
import type { Decision, DecisionReply } from '../../../model/decision.js';

/** An incident library over two incidents, on two engines, that records what it was asked to do. */
export class FakeIncidents implements Incidents {
  readonly done: unknown[] = [];
  reply: DecisionReply = { accepted: true, why: 'approved' };
  fault: Error | undefined;
  private readonly refs = ['docker/a/x', 'docker/b/y'].map((targetKey, n) => ({
    workflowId: `incident/${targetKey}`,
    runId: `run-${n}`,
    targetKey,
    shortId: `aaaaaaa${'ab'[n]}`,
  }));

  resolve: Incidents['resolve'] = async (name) => {
    this.check();
    const ref = this.refs.find(({ targetKey, shortId }) => targetKey === name || shortId === name);
    if (!ref) throw new NotFound(`no incident is called ${name}`);
    return ref;
  };

  read: Incidents['read'] = async (ref) => ({
    ...ref,
    runbook: 'MEM-001',
    open: true,
    source: 'describe',
    live: false,
    pending: [],
    status: 'RUNNING',
    openedAt: '2026-01-01T00:00:00.000Z',
    historyEvents: 3,
  });

  list: Incidents['list'] = async ({ visible = () => true }) =>
    this.refs
      .filter(({ targetKey }) => visible(targetKey))
      .map((ref) => ({
        ...ref,
        runbook: 'MEM-001',
        needsDecision: false,
        state: 'open',
        openedAt: '2026-01-01T00:00:00.000Z',
      }));

  open: Incidents['open'] = async (request) => {
    const rerun = request.rerun === undefined ? {} : { rerun: request.rerun };
    this.done.push({ open: request.target.key, by: request.by, ...rerun });
    return {
      workflowId: `incident/${request.target.key}`,
      runId: 'run-9',
      targetKey: request.target.key,
      shortId: 'aaaaaaac',
      started: true,
    };
  };

  decide: Incidents['decide'] = async (name, decision: Decision) =>
    this.did('decide', name, decision, this.reply);
  pause: Incidents['pause'] = async (name, control) => this.did('pause', name, control, undefined);
  resume: Incidents['resume'] = async (name, control) => this.did('resume', name, control, undefined);
  cancel: Incidents['cancel'] = async (name, control) => this.did('cancel', name, control, undefined);
  keep: Incidents['keep'] = async (name, control) => this.did('keep', name, control, undefined);

  private did<T>(what: string, name: Parameters<Incidents['pause']>[0], said: object, answer: T): T {
    this.check();
    this.done.push({ [what]: typeof name === 'string' ? name : name.targetKey, ...said });
    return answer;
  }

  private check(): void {
    if (this.fault) throw this.fault;
  }
}
