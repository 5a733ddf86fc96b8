import type { Command } from 'commander';
import { withAccess } from '../../access/index.js';
import { named } from '../../access/named.js';
import { withConnection, withPerson } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';

interface ControlOptions extends CommonOptions {
  readonly reason?: string;
}

const controls = {
  pause: {
    about: 'Keep an incident from changing anything. A pause ends by itself, into an escalation',
    done: 'Asked to pause. It ends by itself after the policy’s limit; `incident resume` ends it before.',
    needsReason: true,
  },
  resume: { about: 'End a pause', done: 'Asked to resume.', needsReason: false },
  cancel: {
    about: 'End an incident: what must not stay is undone, and the report is written',
    done: 'Asked to cancel. What must not stay is being undone.',
    needsReason: true,
  },
  keep: {
    about: 'Keep what it added for a time, such as more replicas: it is not taken back any more',
    done: 'Kept. It stays until somebody takes it back; the report has the command.',
    needsReason: false,
  },
} as const;

/** `incident pause`, `resume`, `cancel` and `keep`. */
export function addControls(group: Command, { io }: Cli): void {
  for (const what of ['pause', 'resume', 'cancel', 'keep'] as const) {
    const { about, done, needsReason } = controls[what];
    const command = withPerson(
      withConnection(group.command(what).argument('<incident>', 'target or short id')),
    ).description(about);
    if (needsReason) command.requiredOption('-r, --reason <text>', 'why');
    else command.option('-r, --reason <text>', 'why');
    command.action((name: string, options: ControlOptions) =>
      withAccess(io, options, async ({ incidents, by, verified }) => {
        const ref = await named(incidents, name);
        const reason = options.reason === undefined ? {} : { reason: options.reason };
        await incidents[what](ref, { by, verified, ...reason });
        io.out(`${ref.shortId} of ${ref.targetKey}: ${done}\n`);
      }),
    );
  }
}
