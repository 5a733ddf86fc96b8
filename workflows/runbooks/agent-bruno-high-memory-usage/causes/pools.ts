import type { Cause } from '../../../../model/diagnosis.js';
import { bytes } from '../../../../model/format.js';
import { type Argument, weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';
import { causes } from '../names.js';

/** So many connections of one pod are more than a pool needs. */
export const manyConnections = 100;

/** Pools: connections that are opened and not given back. */
export function poolExhaustion(figures: Figures): Cause | undefined {
  const { app, accounts } = figures;
  const { connectionCount: count, connections, connectionsAtMost, connectionCost: cost } = accounts;
  if (count === undefined || connections === undefined || connectionsAtMost === undefined) return undefined;
  const { amount, amountWords } = accounts;
  const others = [accounts.contexts, accounts.sessions, accounts.caches].filter((one) => one !== undefined);
  const otherwise = others.reduce((total, { least }) => total + least, 0);
  const many = count >= manyConnections || (cost.measured && connections.least >= amount * 0.5);
  const holdMuch = connections.least >= amount * 0.3;
  const mayHoldMuch =
    !holdMuch && (connections.most >= amount * 0.3 || connectionsAtMost.most >= amount * 0.6);
  return weigh(
    { name: causes.pools, summary: `The fullest pod holds ${count} connections to Redis and MongoDB.` },
    [
      { holds: many, weight: 0.3, words: `${count} connections of one pod` },
      {
        holds: !many && count < manyConnections / 4,
        weight: -0.5,
        words: `only ${count} connections of one pod`,
      },
      {
        holds: many && holdMuch,
        weight: 0.3,
        words: `${cost.words} they hold ${connections.words} of ${amountWords}`,
      },
      {
        holds: many && mayHoldMuch,
        weight: 0.1,
        words: `what one costs, and when they were opened, is not known for sure: ${atMostWords(accounts)}`,
      },
      {
        holds: count >= manyConnections * 10 && mayHoldMuch,
        weight: 0.1,
        words: 'that is far more than any pool needs',
      },
      {
        holds: connectionsAtMost.most < amount * 0.3,
        weight: -0.35,
        words: `${cost.measured ? cost.words : 'even at 1 MiB each'} they hold only ${connectionsAtMost.words} of ${amountWords}`,
      },
      {
        holds: otherwise >= amount / 2,
        weight: -0.3,
        words: `sessions, contexts and caches hold ${bytes(otherwise)} of it`,
      },
      {
        holds: (app.poolExhausted ?? 0) > 0,
        weight: 0.15,
        words: `${app.poolExhausted} requests found no free connection`,
      },
      ...serverArguments(figures, count),
    ],
  );
}

/** What Redis, MongoDB and the log say about it. */
function serverArguments({ app, sessions, look }: Figures, count: number): readonly Argument[] {
  const { maxClients, connectedClients, rejectedConnections = 0 } = sessions ?? {};
  const { mongo, logLines } = look.details;
  const lines = logLines.filter(speaksOfPools);
  const full = app.poolMax !== undefined && count >= app.poolMax * 0.9;
  const crowded =
    maxClients !== undefined && connectedClients !== undefined && connectedClients >= maxClients * 0.8;
  const scarce = mongo?.available !== undefined && mongo.available < mongo.current / 4;
  return [
    { holds: full, weight: 0.15, words: `its pools of ${app.poolMax} are used up` },
    {
      holds: rejectedConnections > 0 && count >= manyConnections / 4 && crowded,
      weight: 0.1,
      words: `Redis has refused ${rejectedConnections} connections since it began, and is nearly full now`,
    },
    {
      holds: crowded,
      weight: 0.05,
      words: `${connectedClients} of Redis's ${maxClients} clients are connected (all of them, not only ours)`,
    },
    {
      holds: scarce,
      weight: 0.05,
      words: `MongoDB has ${mongo?.available} connections left besides ${mongo?.current}`,
    },
    { holds: lines.length > 0, weight: 0.1, words: `its log speaks of it: ${lines.at(-1)?.slice(0, 120)}` },
  ];
}

/** A pool that lacks something, not one that was made: `connection pool created (size 10)`. */
function speaksOfPools(line: string): boolean {
  const pool = /pool/i.test(line) && /exhaust|timed? ?out|full|no free|taken|exceed|wait queue/i.test(line);
  return pool || /too many (?:open )?connections|max(?:imum)? (?:number of )?clients/i.test(line);
}

/** `at 1 MiB each they would hold all of the 600 MiB by which it rose`. */
export function atMostWords({ connectionsAtMost, amount, amountWords }: Figures['accounts']): string {
  const most = connectionsAtMost?.most ?? 0;
  return `at 1 MiB each they would hold ${most >= amount ? 'all' : bytes(most)} of ${amountWords}`;
}
