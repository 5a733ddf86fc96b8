/** What a guardrail says to a change, always with a reason. A missing fact is `refuse`, never `allow`. */
export interface Verdict {
  /** The guardrail's name: `autonomy`, `protected`, `freeze`, `cooldown`. */
  readonly guardrail: string;
  readonly says: 'allow' | 'ask' | 'refuse';
  readonly why: string;
}
