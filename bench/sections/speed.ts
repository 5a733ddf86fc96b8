import { ends, open } from '../incident.js';
import { type Lab, startWorkers } from '../lab.js';
import { layouts, startPlainWorkers } from '../plain/workers.js';
import type { Row } from '../report.js';
import { atMost, percentile, timed } from '../statistics.js';
import { newTank } from '../tanks.js';

export const title =
  'Whole incidents: five steps (look, change, settle, soak, look), activities answering at once';

/** Incidents and plain workflows in turn, so that whatever else the machine does falls on all of them alike. */
export async function measure(lab: Lab): Promise<readonly Row[]> {
  const stopProduct = await startWorkers(lab);
  const stopPlain = await startPlainWorkers(lab);
  try {
    lab.progress('one at a time');
    const one = await oneAtATime(lab, lab.quick ? 10 : 100);
    lab.progress('many at once');
    return [...one, ...(await manyAtOnce(lab, lab.quick ? 40 : 300))];
  } finally {
    await stopProduct();
    await stopPlain();
  }
}

let started = 0;

function contenders(lab: Lab) {
  const { client } = lab;
  const plain = (layout: keyof typeof layouts) => async () => {
    const { taskQueue, input } = layouts[layout];
    started += 1;
    await client.workflow.execute('plain', {
      taskQueue,
      workflowId: `plain-${process.pid}-${started}`,
      args: [input],
    });
  };
  return {
    gentle: async () => {
      await ends(await open(lab, newTank('gentle')), 'recovered');
    },
    restart: async () => {
      await ends(await open(lab, newTank('restart')), 'recovered');
    },
    sameQueues: plain('sameQueues'),
    oneQueue: plain('oneQueue'),
  };
}

const warmUp = 5;

async function oneAtATime(lab: Lab, count: number): Promise<readonly Row[]> {
  const all = contenders(lab);
  const names = Object.keys(all) as (keyof typeof all)[];
  const times: Record<string, number[]> = Object.fromEntries(names.map((name) => [name, []]));
  for (let n = 0; n < count + warmUp; n += 1) {
    for (const name of names) {
      lab.signal.throwIfAborted();
      const { ms } = await timed(all[name]);
      if (n >= warmUp) times[name]?.push(ms);
    }
  }
  const p50 = (name: keyof typeof all): number => percentile(times[name] ?? [], 50);
  const p99 = (name: keyof typeof all): string => `p99 ${percentile(times[name] ?? [], 99).toFixed(0)} ms`;
  const { gentle, restart, sameQueues, oneQueue } = Object.fromEntries(
    names.map((name) => [name, p50(name)]),
  );
  return [
    ms('incident, p50', gentle, p99('gentle'), { atMost: 200 }),
    ratio('… to a plain workflow on queues laid out alike', gentle, sameQueues, { atMost: 1.5 }),
    ratio('… to a plain workflow on one queue', gentle, oneQueue),
    ms('incident whose change disrupts (governor asked and told), p50', restart, p99('restart')),
    ratio('… to a plain workflow on queues laid out alike', restart, sameQueues),
    ms('plain workflow, queues laid out alike, p50', sameQueues, p99('sameQueues')),
    ms('plain workflow, one queue (eager activities), p50', oneQueue, p99('oneQueue')),
  ];
}

/** So many at the same time: the server is then what limits. */
const atOnce = 40;

async function manyAtOnce(lab: Lab, count: number): Promise<readonly Row[]> {
  const all = contenders(lab);
  const rate = async (work: () => Promise<void>): Promise<number> => {
    const { ms } = await timed(() => atMost(atOnce, Array.from({ length: count }), work));
    return (count * 1000) / ms;
  };
  const plain = await rate(all.sameQueues);
  const restart = await rate(all.restart);
  const gentle = await rate(all.gentle);
  return [
    {
      what: `whole incidents with the governor, ${atOnce} at once`,
      value: restart,
      unit: '/s',
      goal: { atLeast: 10 },
    },
    { what: `whole incidents without it, ${atOnce} at once`, value: gentle, unit: '/s' },
    { what: `plain workflows, queues laid out alike, ${atOnce} at once`, value: plain, unit: '/s' },
    ratio('plain to whole incidents', plain, gentle),
  ];
}

function ms(what: string, value = Number.NaN, note = '', goal?: Row['goal']): Row {
  return { what, value, unit: 'ms', note, ...(goal && { goal }) };
}

function ratio(what: string, a = Number.NaN, b = Number.NaN, goal?: Row['goal']): Row {
  return { what, value: a / b, unit: '×', ...(goal && { goal }) };
}
