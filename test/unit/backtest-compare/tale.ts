import { type Change, changeHash } from '../../../model/change.js';
import type { Fact, FactBody, Outcome, Rung } from '../../../model/facts.js';

/** Incidents of a few words, for whatever a candidate may do. */

export const ladder: readonly Rung[] = [
  { remedy: 'clear-caches', title: 'Clear caches', usually: 'none' },
  { remedy: 'collect-garbage', title: 'Collect garbage', usually: 'none' },
  { remedy: 'restart-container', title: 'Restart the container', usually: 'outage' },
  { remedy: 'restart-service', title: 'Restart the service', usually: 'outage' },
];

export type Step =
  /** Left out, with its reason. */
  | { readonly skip: string; readonly why: string }
  /** Planned; `after` is how long a person or a lease took. */
  | {
      readonly rung: string;
      readonly how: How;
      readonly after?: number;
      readonly helped?: boolean;
      readonly why?: string;
      readonly approvals?: number;
      /** Another change of the same rung. */
      readonly variant?: string;
    }
  | { readonly watch: number }
  | { readonly soak: number; readonly passed: boolean }
  | { readonly escalate: string }
  | { readonly wait: number }
  | { readonly end: Outcome };

type RungStep = Extract<Step, { readonly rung: string }>;

export type How =
  | 'auto'
  | 'approved'
  | 'approvedByTwo'
  | 'rejected'
  | 'expired'
  | 'void'
  | 'refused'
  | 'refusedByLevel'
  | 'superseded'
  | 'failed'
  | 'sent'
  | 'openQuestion';

const begin = Date.parse('2026-11-01T00:00:00.000Z');

/** The facts of an incident that took these steps; a rung takes a second, its settling ten. */
export function tale(id: string, ...steps: readonly Step[]): readonly Fact[] {
  const writer = new Writer(id);
  for (const step of steps) writer.step(step);
  return writer.facts;
}

class Writer {
  readonly facts: Fact[] = [];
  private seconds = 0;
  private changes = 0;

  constructor(private readonly id: string) {
    const target = { key: `docker/local/${id}`, kind: 'container', scope: 'docker/local' };
    const about = { target, runbook: 'MEM-001', runbookVersion: 1, product: 'nightshift 0.1.0', by: 'test' };
    this.add({ type: 'opened', ...about, shortId: id, runId: `run-${id}`, ladder, observeOnly: false });
  }

  private add(body: FactBody): void {
    const at = new Date(begin + this.seconds * 1000).toISOString();
    this.facts.push({ ...body, n: this.facts.length + 1, at });
  }

  step(step: Step): void {
    if ('skip' in step) this.add({ type: 'rungSkipped', remedy: step.skip, why: step.why });
    else if ('rung' in step) this.rung(step);
    else if ('wait' in step) this.seconds += step.wait;
    else if ('escalate' in step) this.add({ type: 'escalated', why: step.escalate, severity: 'critical' });
    else if ('end' in step) this.end(step.end);
    else if ('watch' in step) this.watch(step.watch);
    else this.soak(step.soak, step.passed);
  }

  private end(outcome: Outcome): void {
    this.add({ type: 'closed', outcome, why: `it is ${outcome}`, recommendations: [], stays: [] });
  }

  private watch(seconds: number): void {
    this.add({ type: 'watching', until: '2026-11-01T01:00:00.000Z' });
    this.seconds += seconds;
    this.add({ type: 'samples', samples: [], why: 'watching' });
  }

  private soak(seconds: number, passed: boolean): void {
    this.add({ type: 'verifying', seconds });
    this.seconds += seconds;
    this.add({ type: 'verified', passed, checks: [{ name: 'below', passed, note: '70 %' }], samples: [] });
  }

  private rung(step: RungStep): void {
    const change = this.change(step.rung, step.variant);
    const asks = ['approved', 'approvedByTwo', 'rejected', 'expired', 'void', 'openQuestion'].includes(
      step.how,
    );
    const says = step.how.startsWith('refused') ? 'refuse' : asks ? 'ask' : 'allow';
    const hash = changeHash(change);
    this.add({ type: 'rungStarted', remedy: step.rung });
    const autonomy = { guardrail: 'autonomy', says, why: `autonomy is ${says}` } as const;
    this.add({ type: 'planned', change, hash, verdicts: [autonomy] });
    if (says === 'refuse') this.refuse(change, step);
    else if (!asks || this.ask(change, hash, step)) {
      if (!asks) this.seconds += step.after ?? 0;
      this.carryOut(change, step);
    }
  }

  private refuse(change: Change, { how, why = 'night' }: RungStep): void {
    const guardrail = how === 'refused' ? 'freeze' : 'level';
    const verdicts = [{ guardrail, says: 'refuse', why }] as const;
    this.add({ type: 'refused', changeId: change.id, verdicts, why });
  }

  private ask(change: Change, hash: string, step: RungStep): boolean {
    const { how, after = 60, approvals = how === 'approvedByTwo' ? 2 : 1 } = step;
    const expiresAt = '2026-11-01T01:00:00.000Z';
    const about = { changeId: change.id, hash };
    this.add({
      type: 'decisionRequested',
      ...about,
      why: ['it is an outage'],
      approvals,
      group: [],
      expiresAt,
    });
    if (how === 'openQuestion') return false;
    this.seconds += after;
    const said = { ...about, verified: 'token', accepted: true, via: 'update' } as const;
    if (how === 'rejected')
      this.add({ type: 'answered', ...said, answer: 'reject', by: 'ana', why: 'rejected' });
    const approvers = how === 'approved' ? ['ana'] : how === 'approvedByTwo' ? ['ana', 'ben'] : [];
    for (const by of approvers)
      this.add({ type: 'answered', ...said, answer: 'approve', by, why: 'approved' });
    const answer = how === 'rejected' || how === 'expired' || how === 'void' ? how : 'approved';
    this.add({ type: 'decided', changeId: change.id, answer, why: `it is ${answer}` });
    return answer === 'approved';
  }

  private carryOut(change: Change, { how, helped = true }: RungStep): void {
    const { id: changeId } = change;
    this.add({ type: 'goingAhead', changeId });
    if (how === 'sent') return;
    this.seconds += 1;
    if (how === 'failed') {
      this.add({ type: 'notApplied', changeId, error: 'Unreachable', why: 'no answer', unknown: false });
      return;
    }
    const at = new Date(begin + this.seconds * 1000).toISOString();
    const status = how === 'superseded' ? 'superseded' : 'applied';
    const effect = { status, at, note: status, details: {} } as const;
    this.add({ type: 'applied', changeId, effect, verdicts: [], attempts: 1 });
    if (status === 'superseded') return;
    this.seconds += 10;
    this.add({ type: 'settled', changeId, samples: [], freedBytes: 1, helped, note: '' });
  }

  private change(remedy: string, variant = ''): Change {
    this.changes += 1;
    const disrupts = remedy.startsWith('restart');
    const name = this.id;
    return {
      id: `${this.id}/${this.changes}`,
      kind: `test.${remedy}`,
      remedy,
      object: { key: `docker/local/${name}`, uid: 'u1', name },
      touches: [],
      fields: [],
      params: variant === '' ? {} : { variant },
      fresh: {},
      disruption: disrupts ? 'outage' : 'none',
      disruptionWhy: 'there is one',
      temporary: false,
      timeoutSeconds: 10,
      alwaysAsk: false,
      sentence: `${disrupts ? 'Restart' : 'Relieve'} ${name}${variant === '' ? '' : ` ${variant}`}`,
      command: 'true',
    };
  }
}
