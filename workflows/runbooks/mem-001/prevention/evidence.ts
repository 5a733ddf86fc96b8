import { shellCommand } from '../../../../model/changes/shell.js';
import { bytes } from '../../../../model/format.js';
import type { Recommendation } from '../../../../model/runbook.js';
import { growthWords } from '../causes/growing.js';
import { appFigures } from '../figures.js';
import { errorLines } from '../log-lines.js';
import type { Lessons } from './lessons.js';

/** A leak is mended in the code: what the developers need from this incident. */
export function leakAdvice({ seen, worst }: Lessons): readonly Recommendation[] {
  const cause = worst.causes[0];
  if (cause?.name !== 'leak') return [];
  const { target, details } = seen.first;
  const app = appFigures(seen.first);
  const largest = details.processes[0];
  const facts = [
    ...(worst.growth === undefined ? [] : [growthWords({ growth: worst.growth })]),
    ...cause.evidenceFor,
    ...(app.heapUsed === undefined ? [] : [`heap in use: ${bytes(app.heapUsed)}`]),
    ...(largest === undefined
      ? []
      : [`largest process: ${largest.executable} (${largest.pid}) with ${bytes(largest.rssBytes)} resident`]),
    ...errorLines(details.logLines)
      .slice(-3)
      .map((line) => `log: ${line.slice(0, 160)}`),
  ];
  const name = details.container?.name;
  return [
    {
      title: 'Mend the leak: what the developers need to know',
      why: `Seen: ${[...new Set(facts)].join('; ')}. A restart gains time and nothing else. Take a heap snapshot before the next one.`,
      ...(target.kind === 'container' &&
        name !== undefined && {
          snippet: {
            language: 'sh',
            text: [
              shellCommand(['docker', 'top', name, '-o', 'pid,rss,etime,args']),
              shellCommand(['docker', 'logs', '--since', '30m', '--timestamps', name]),
            ].join('\n'),
          },
        }),
    },
  ];
}
