import type { Command } from 'commander';
import { json, markdown } from '../../../../model/report/index.js';
import type { IncidentDetails } from '../../../incidents/index.js';
import { withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { withConnection, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { frame } from '../../watch/frame.js';
import { liveView } from '../../watch/live-view.js';
import { describeOnly } from '../../watch/watch.js';

export function addShow(group: Command, { io }: Cli): void {
  withOutput(withConnection(group.command('show').argument('<incident>', 'target or short id')))
    .description('One incident as it stands, or its report (-o md)')
    .addHelpText(
      'after',
      '\nExamples:\n  nightshift incident show docker/local/agent\n  nightshift incident show k3f9x2ab -o md > report.md',
    )
    .action(async (name: string, options: CommonOptions) => {
      const details = await withAccess(io, options, ({ incidents }) => {
        const reading = named(incidents, name).then((ref) => incidents.read(ref));
        return withProgress(io, 'Asking for the incident', reading);
      });
      io.out(shown(io, details, options.output));
    });
}

/** An incident in the form asked for. */
export function shown(io: Io, details: IncidentDetails, output: CommonOptions['output']): string {
  const { view, pending, note } = details;
  if (output === 'json') {
    const { facts: _facts, ...rest } = details;
    return view ? json(liveView(view, pending)) : `${JSON.stringify(rest, null, 2)}\n`;
  }
  if (!view) return `${describeOnly(details, note).join('\n')}\n`;
  if (output === 'md') return markdown(liveView(view, pending));
  const lines = frame({
    view: liveView(view, pending),
    pending,
    now: io.now(),
    columns: io.columns(),
    paint: io.paint,
    whole: true,
    ...(note === undefined ? {} : { note }),
  });
  return `${lines.join('\n')}\n`;
}
