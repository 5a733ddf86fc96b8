/** Types of idempotency.mjs, for the tests. */
export interface Answer {
  status: number;
  body: object;
}
export class IdempotencyStore {
  constructor(maxKeys?: number);
  readonly size: number;
  once(
    key: string,
    request: string,
    work: () => Promise<Answer>,
  ): Promise<{ answer: Answer; replayed: boolean }>;
}
