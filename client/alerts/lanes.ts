/** Works what comes for the same key in order, and what piled up meanwhile in one go. Keys don't wait for one another. */
export class Lanes<Item, Result> {
  private readonly lanes = new Map<string, Waiting<Item, Result>[]>();

  /** `work` answers for each item of a pile, in order. It must not throw: a failure is a result. */
  constructor(private readonly work: (key: string, items: readonly Item[]) => Promise<readonly Result[]>) {}

  /** The result for this item, once its turn has come. */
  put(key: string, item: Item): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      const waiting = { item, resolve, reject };
      const lane = this.lanes.get(key);
      if (lane) {
        lane.push(waiting);
        return;
      }
      const begun = [waiting];
      this.lanes.set(key, begun);
      // After this turn, so that the rest of a batch is in the first pile already.
      setImmediate(() => void this.drain(key, begun));
    });
  }

  private async drain(key: string, lane: Waiting<Item, Result>[]): Promise<void> {
    while (lane.length > 0) {
      const pile = lane.splice(0, pileSize);
      try {
        const results = await this.work(
          key,
          pile.map(({ item }) => item),
        );
        pile.forEach(({ resolve, reject }, n) => {
          const result = results[n];
          if (result === undefined) reject(new Error('the lane gave no result'));
          else resolve(result);
        });
      } catch (error) {
        for (const { reject } of pile) reject(error);
      }
    }
    this.lanes.delete(key);
  }
}

/** Items that share one reading of the incident's state: bounded, so that the reading does not grow old. */
const pileSize = 256;

interface Waiting<Item, Result> {
  readonly item: Item;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}
