import { costOf, inWords } from '../history.js';
import { ends, open } from '../incident.js';
import { type Lab, startWorkers } from '../lab.js';
import type { Row } from '../report.js';
import { newTank } from '../tanks.js';

export const title = 'What one five-step incident without a decision costs at the server';

export async function measure(lab: Lab): Promise<readonly Row[]> {
  const stop = await startWorkers(lab);
  try {
    return [...(await costs(lab, 'gentle', true)), ...(await costs(lab, 'restart', false))];
  } finally {
    await stop();
  }
}

async function costs(lab: Lab, kind: 'gentle' | 'restart', wanted: boolean): Promise<readonly Row[]> {
  const handle = await open(lab, newTank(kind));
  await ends(handle, 'recovered');
  const { actions, events, workflowTasks, bytes, kinds } = await costOf(handle);
  const with_ = wanted ? '' : ', governor asked and told';
  return [
    {
      what: `Temporal actions${with_}`,
      value: actions,
      unit: '',
      note: inWords(kinds),
      ...(wanted && { goal: { atMost: 14 } }),
    },
    {
      what: `history events${with_}`,
      value: events,
      unit: '',
      note: `${workflowTasks} workflow tasks, ${Math.round(bytes / 1024)} kB as JSON`,
      ...(wanted && { goal: { atMost: 75 } }),
    },
  ];
}
