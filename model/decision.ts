import { digest } from './digest.js';
import type { Json } from './json.js';

/** How a person's identity was verified. */
export type Verified = 'oidc' | 'token' | 'slack' | 'none';

/** A person's answer to one exact change. */
export interface Decision {
  /** `changeHash` of the change that was shown. */
  readonly hash: string;
  readonly answer: 'approve' | 'reject';
  readonly by: string;
  readonly verified: Verified;
  readonly comment?: string;
}

/** What was made of it. Every refusal is an answer, and a fact. */
export interface DecisionReply {
  readonly accepted: boolean;
  /** `approved`, `rejected`, `one of 2 approvals`, or the refusal's reason. */
  readonly why: string;
}

/** Control of a whole incident: pause, resume, cancel. */
export interface Control {
  readonly by: string;
  readonly verified: Verified;
  readonly reason?: string;
}

/**
 * Deterministic, so that the same answer sent twice is one answer. An answer to a question that is asked again,
 * with another comment, or with a better proof of who it is, is another one.
 * @param question id of the change that is asked about, where it is known
 */
export function decisionUpdateId(decision: Decision, question = ''): string {
  const { by, hash, answer, verified, comment = '' } = decision;
  return [by, hash, answer, verified, digest(comment).slice(0, 8), question].join(':');
}

/**
 * The reason why the value is no decision, or null. Only malformed input is refused this way; everything else
 * is for the incident to answer.
 */
export function malformedDecision(value: Json | undefined): string | null {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return 'a decision is an object';
  const { hash, answer, by, verified } = value as { [key: string]: Json };
  if (typeof hash !== 'string' || !/^[0-9a-f]{16}$/.test(hash))
    return 'hash: the 16 hex digits shown with the change';
  if (answer !== 'approve' && answer !== 'reject') return "answer: 'approve' or 'reject'";
  if (typeof by !== 'string' || by.trim() === '' || by.length > 200)
    return 'by: who decides, 1 to 200 characters';
  if (typeof verified !== 'string' || !['oidc', 'token', 'slack', 'none'].includes(verified))
    return "verified: 'oidc', 'token', 'slack' or 'none'";
  return null;
}
