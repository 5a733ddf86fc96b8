import type { Client } from '@temporalio/client';
import type { DecisionReply } from '../../model/decision.js';
import { searchAttributes, updates, workflowIds } from '../../workflows/contract.js';
import { restartHash } from '../decision.js';
import { open } from '../incident.js';
import type { Lab } from '../lab.js';
import type { Row } from '../report.js';
import { atMost, percentile, timed } from '../statistics.js';
import { newTank } from '../tanks.js';

export const title = 'A worker process with many incidents that wait for a decision';

/** As a look at a container is, or larger. */
const lookBytes = 24 * 1024;

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const { client, quick, progress, address, bundlePath } = lab;
  const count = quick ? 50 : 1000;
  const worker = await lab.children.start({ role: 'worker', address, bundlePath, padding: lookBytes });
  const idle = worker.memory();
  const targets = Array.from({ length: count }, () => newTank('wait'));
  progress(`opening ${count} incidents`);
  await atMost(20, targets, async (target) => {
    lab.signal.throwIfAborted();
    await open(lab, target);
  });
  await allAsk(client, count);
  await new Promise((resolve) => setTimeout(resolve, quick ? 1_000 : 10_000));
  const memory = worker.memory();
  progress('deciding');
  // The oldest: with 120 cached at most, those that came later have put them out.
  const decided = targets.slice(0, quick ? 10 : 150);
  const times: number[] = [];
  for (const { key } of decided) {
    lab.signal.throwIfAborted();
    const { ms, value } = await timed(() => approve(client, key));
    if (!value.accepted) throw new Error(`a decision was refused: ${value.why}`);
    times.push(ms);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const peak = worker.memory();
  await worker.stop();
  const note = quick ? `only ${count} incidents: they are all cached` : `${count} incidents`;
  return [
    {
      what: 'resident memory of the worker',
      value: Math.max(memory, peak) / 2 ** 20,
      unit: 'MB',
      goal: { atMost: 512 },
      note: `${note}, looks of ${lookBytes / 1024} kB; at first ${(idle / 2 ** 20).toFixed(0)} MB`,
    },
    {
      what: 'a decision answered, p99',
      value: percentile(times, 99),
      unit: 'ms',
      goal: { atMost: 250 },
      note: `${note}; p50 ${percentile(times, 50).toFixed(0)} ms, ${times.length} decisions`,
    },
  ];
}

function approve(client: Client, key: string): Promise<DecisionReply> {
  const decision = { hash: restartHash(key), answer: 'approve', by: 'bench', verified: 'token' };
  return client.workflow
    .getHandle(workflowIds.incident(key))
    .executeUpdate<DecisionReply, [typeof decision]>(updates.decide, { args: [decision] });
}

/** Visibility is behind by a moment, and enough for knowing that all of them wait. */
async function allAsk(client: Client, count: number): Promise<void> {
  for (const end = Date.now() + 300_000; ; ) {
    const waiting = await client.workflow.count(`${searchAttributes.needsDecision.name} = true`);
    if (waiting.count >= count) return;
    if (Date.now() > end) throw new Error(`only ${waiting.count} of ${count} incidents ask for a decision`);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}
