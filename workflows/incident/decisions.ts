import { condition } from '@temporalio/workflow';
import type { Change } from '../../model/change.js';
import type { Decision, DecisionReply } from '../../model/decision.js';
import { refuseAnswer } from '../../model/decision-rules.js';
import type { FactOf } from '../../model/facts.js';
import type { Incident } from './incident.js';

/** Refused answers of one person that become facts; further ones are only answered. */
const refusedFactsPerPerson = 20;

export interface OpenRequest {
  readonly change: Change;
  readonly hash: string;
  readonly approvals: number;
  readonly approvedBy: Set<string>;
  group: readonly string[];
  readonly expiresAt: number;
  outcome?: FactOf<'decided'>['answer'];
  why: string;
}

/** Where people's answers arrive: at any time, by Update or by Signal, with the same rules. */
export class DecisionDesk {
  open: OpenRequest | undefined;
  private readonly refusals = new Map<string, number>();
  private readonly past = new Map<string, string>();

  constructor(private readonly incident: Incident) {}

  /** Takes an answer. Synchronous, so that an answer is never half taken. */
  answer(decision: Decision, via: 'update' | 'signal'): DecisionReply {
    const reply = this.judge(decision);
    this.record(decision, reply, via);
    return reply;
  }

  private judge(decision: Decision): DecisionReply {
    const { open } = this;
    if (!open || open.outcome) return { accepted: false, why: this.nothingOpen(decision.hash) };
    const refusal = refuseAnswer(decision, {
      change: open.change,
      hash: open.hash,
      group: open.group,
      approvals: open.approvals,
      approvedBy: [...open.approvedBy],
      expired: this.incident.now() >= open.expiresAt,
      openedBy: this.incident.input.openedBy,
      policy: this.incident.policy.decisions,
    });
    if (refusal) return { accepted: false, why: refusal };
    if (decision.answer === 'reject')
      return this.settle('rejected', `rejected by ${decision.by}: ${decision.comment}`);
    open.approvedBy.add(decision.by);
    if (open.approvedBy.size >= open.approvals)
      return this.settle('approved', `approved by ${[...open.approvedBy].join(', ')}`);
    return { accepted: true, why: `approval ${open.approvedBy.size} of ${open.approvals}` };
  }

  private nothingOpen(hash: string): string {
    const before = this.past.get(hash);
    return before
      ? `that change was settled before: ${before}`
      : 'no change is waiting for a decision in this incident';
  }

  private settle(outcome: 'approved' | 'rejected', why: string): DecisionReply {
    const open = this.open as OpenRequest;
    open.outcome = outcome;
    open.why = why;
    this.past.set(open.hash, why);
    return { accepted: true, why };
  }

  private record(decision: Decision, reply: DecisionReply, via: 'update' | 'signal'): void {
    if (!reply.accepted) {
      const count = (this.refusals.get(decision.by) ?? 0) + 1;
      this.refusals.set(decision.by, count);
      if (count > refusedFactsPerPerson) return;
    }
    const { hash, answer, by, verified, comment } = decision;
    this.incident.append({
      type: 'answered',
      ...(this.open?.hash === hash && { changeId: this.open.change.id }),
      hash,
      answer,
      by,
      verified,
      ...(comment !== undefined && { comment }),
      ...reply,
      via,
    });
  }

  /**
   * Asks people about one exact change and waits for their answer, or until `voided` says that the question has
   * no point any more. Expiry is checked where an answer is taken, too, never only by this timer.
   */
  async ask(
    change: Change,
    hash: string,
    why: readonly string[],
    voided: () => string | undefined,
  ): Promise<OpenRequest> {
    const { decisions } = this.incident.policy;
    const open: OpenRequest = {
      change,
      hash,
      approvals: decisions.approvals,
      approvedBy: new Set(),
      group: decisions.group,
      expiresAt: this.incident.now() + decisions.timeLimitSeconds * 1000,
      why: '',
    };
    this.open = open;
    this.request(open, why);
    try {
      await this.wait(open, voided);
      this.incident.append({
        type: 'decided',
        changeId: change.id,
        answer: open.outcome ?? 'expired',
        why: open.why,
      });
      return open;
    } finally {
      this.open = undefined;
      this.incident.messenger.needsDecision(false);
    }
  }

  private request(open: OpenRequest, why: readonly string[]): void {
    const { change, hash, approvals, group } = open;
    const expiresAt = new Date(open.expiresAt).toISOString();
    this.incident.append({
      type: 'decisionRequested',
      changeId: change.id,
      hash,
      why,
      approvals,
      group,
      expiresAt,
    });
    this.incident.messenger.needsDecision(true);
    this.incident.messenger.send('decision', `Decision needed: ${change.sentence}`, why.join('\n'));
  }

  private async wait(open: OpenRequest, voided: () => string | undefined): Promise<void> {
    const { decisions } = this.incident.policy;
    const reminders = [decisions.reminderSeconds, decisions.timeLimitSeconds / 2]
      .filter((seconds) => seconds > 0 && seconds < decisions.timeLimitSeconds)
      .sort((a, b) => a - b);
    const start = open.expiresAt - decisions.timeLimitSeconds * 1000;
    const done = (): boolean => open.outcome !== undefined || voided() !== undefined;
    for (const seconds of [...new Set(reminders)]) {
      if (await condition(done, Math.max(1, start + seconds * 1000 - this.incident.now()))) break;
      this.remind(open, seconds >= decisions.timeLimitSeconds / 2);
    }
    if (!done()) await condition(done, Math.max(1, open.expiresAt - this.incident.now()));
    if (open.outcome) return;
    const reason = voided();
    open.outcome = reason === undefined ? 'expired' : 'void';
    open.why = reason ?? `nobody answered within ${decisions.timeLimitSeconds} s`;
    this.past.set(open.hash, open.why);
  }

  private remind(open: OpenRequest, half: boolean): void {
    const { secondGroup } = this.incident.policy.decisions;
    const joining = half ? secondGroup : [];
    if (open.group.length > 0) open.group = [...new Set([...open.group, ...joining])];
    this.incident.append({ type: 'reminded', changeId: open.change.id, secondGroup: joining });
    this.incident.messenger.send('reminder', `Still waiting: ${open.change.sentence}`, open.change.command);
  }
}
