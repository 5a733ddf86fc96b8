import type { Client } from '@temporalio/client';
import type { Command } from 'commander';
import { createArchive } from '../../../../archive/archive.js';
import {
  type ArchiverStanding,
  archiverStanding,
  namespaceSeconds,
  unarchivedIncidents,
} from '../../../../archive/standing.js';
import type { ArchiveEntry } from '../../../../archive/types.js';
import type { ArchiveSettings } from '../../../../config/index.js';
import { type ClosedRun, lostAt, tooSeldom } from '../../../../model/archiver.js';
import { bytes, count, dateTime, duration } from '../../../../model/format.js';
import { endingOf } from '../../exit-codes.js';
import { withConnection, withOutput } from '../../options.js';
import type { Cli } from '../../program.js';
import type { CommonOptions } from '../../settings.js';
import type { Io } from '../../terminal/io.js';
import { withProgress } from '../../terminal/progress.js';
import { archiveSettings, withTemporal } from './settings.js';
import { ago, resultText, troubleLines } from './told.js';

export function addStatus(group: Command, { io }: Cli): void {
  withOutput(withConnection(group.command('status')))
    .description('How full it is, what the archiver did last and does next, and what is not archived yet')
    .addHelpText('after', '\nExamples:\n  nightshift archive status\n  nightshift archive status -o json')
    .action((options: CommonOptions) => status(io, options));
}

/** What lies in the folder; `trouble`: why it can't be told. */
interface Content {
  readonly count: number;
  readonly bytes: number;
  readonly oldest?: string;
  readonly newest?: string;
  /** Files that are no good bundles. */
  readonly bad: readonly string[];
  readonly trouble?: string;
}

/** What Temporal tells; `trouble`: why it can't be asked. */
interface Work {
  readonly standing?: ArchiverStanding;
  readonly unarchived: readonly ClosedRun[];
  readonly namespaceSeconds?: number;
  readonly trouble?: string;
}

async function status(io: Io, options: CommonOptions): Promise<void> {
  const settings = await archiveSettings(io, options);
  let seen = 0;
  const content = await withProgress(
    io,
    () => `Looking through ${settings.folder}: ${count(seen, 'bundle')}`,
    contentOf(settings.folder, () => {
      io.signal.throwIfAborted();
      seen += 1;
    }),
  );
  const work = await withProgress(io, 'Asking Temporal', workOf(io, options, settings));
  if (options.output === 'json') io.out(`${JSON.stringify({ ...settings, content, ...work }, null, 2)}\n`);
  else io.out(`${lines(settings, content, work, io.now()).join('\n')}\n`);
}

async function contentOf(folder: string, onEntry: () => void): Promise<Content> {
  const bad: string[] = [];
  const entries: ArchiveEntry[] = [];
  try {
    for await (const entry of createArchive(folder).list({}, (error) => bad.push(error.message))) {
      onEntry();
      entries.push(entry);
    }
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ArchiveError')) throw error;
    return { count: 0, bytes: 0, bad, trouble: told(error) };
  }
  const [oldest] = entries;
  const newest = entries.at(-1);
  return {
    count: entries.length,
    bytes: entries.reduce((sum, entry) => sum + entry.bytes, 0),
    ...(oldest && { oldest: oldest.incident.closedAt }),
    ...(newest && { newest: newest.incident.closedAt }),
    bad,
  };
}

/** A Temporal that is away does not keep the folder from being told of. */
async function workOf(io: Io, options: CommonOptions, settings: ArchiveSettings): Promise<Work> {
  const ask = async (client: Client): Promise<Work> => {
    const standing = await archiverStanding(client);
    const archive = createArchive(settings.folder);
    const unarchived = await unarchivedIncidents(client, archive, settings, standing, io.now());
    const retention = await namespaceSeconds(client);
    return { ...(standing && { standing }), unarchived, ...(retention && { namespaceSeconds: retention }) };
  };
  try {
    return await withTemporal(io, options, ask);
  } catch (error) {
    if (!(error instanceof Error && error.name === 'TemporalUnreachable')) throw error;
    return { unarchived: [], trouble: told(error) };
  }
}

function told(error: unknown): string {
  const { message, mend } = endingOf(error);
  return mend === undefined ? message : `${message}. ${mend}`;
}

function lines(settings: ArchiveSettings, content: Content, work: Work, now: Date): readonly string[] {
  const { keepSeconds, maxBytes } = settings;
  const kept = [
    keepSeconds === undefined ? 'for ever' : `for ${duration(keepSeconds)}`,
    ...(maxBytes === undefined ? [] : [`at most ${bytes(maxBytes)}`]),
  ].join(', ');
  return [
    row('folder', settings.folder),
    row('kept', kept),
    ...contentLines(content),
    ...workLines(settings, work, now),
  ];
}

function contentLines({
  count: bundles,
  bytes: size,
  oldest,
  newest,
  bad,
  trouble,
}: Content): readonly string[] {
  if (trouble !== undefined) return [row('bundles', `unknown: ${trouble}`)];
  return [
    row('bundles', bundles === 0 ? 'none yet' : `${bundles}, ${bytes(size)}`),
    ...(oldest && newest ? [row('oldest', dateTime(oldest)), row('newest', dateTime(newest))] : []),
    ...(bad.length > 0
      ? [row('damaged', count(bad.length, 'file')), ...bad.map((each) => row('', each))]
      : []),
  ];
}

function workLines({ everySeconds }: ArchiveSettings, work: Work, now: Date): readonly string[] {
  const { standing, trouble, unarchived, namespaceSeconds: retention } = work;
  if (trouble !== undefined) return [row('archiver', `unknown: ${trouble}`)];
  return [
    ...(standing
      ? standingLines(standing, now)
      : [
          row('archiver', 'it has no schedule yet: a worker with this configuration makes it when it starts'),
        ]),
    ...unarchivedLines(unarchived, retention, now),
    ...(retention === undefined ? [] : [tooSeldom(everySeconds, retention) ?? ''])
      .filter(Boolean)
      .map((each) => row('note', each)),
  ];
}

function standingLines(
  { runs, paused, note, next, everySeconds }: ArchiverStanding,
  now: Date,
): readonly string[] {
  const [last] = runs;
  return [
    row('last run', last ? `${ago(last.startedAt, now)}: ${resultText(last)}` : 'none yet'),
    ...(last ? troubleLines(last).map((each) => row('', each)) : []),
    row(
      'next run',
      paused ? `none: it is paused${note ? ` (${note})` : ''}` : next ? ago(next, now) : 'unknown',
    ),
    row('every', duration(everySeconds)),
  ];
}

function unarchivedLines(
  unarchived: readonly ClosedRun[],
  retention: number | undefined,
  now: Date,
): readonly string[] {
  const [oldest] = unarchived;
  if (!oldest) return [row('not archived', 'none: all that is closed is in it')];
  const until =
    retention === undefined
      ? ''
      : `; Temporal forgets it ${ago(lostAt(oldest.closedAt, retention).toISOString(), now)}`;
  return [
    row(
      'not archived',
      `${count(unarchived.length, 'closed incident')}, the oldest ended ${ago(oldest.closedAt, now)}${until}`,
    ),
    row('', 'Now: nightshift archive run'),
  ];
}

function row(name: string, text: string): string {
  return `${name.padEnd(14)}${text}`;
}
