import { matchesProcess } from '../../model/changes/process.js';
import type { ProcessMatch, ProcessReading } from '../../model/container.js';
import { redact } from '../../model/redact.js';
import type { BriefProcess } from '../host/processes.js';
import type { HostReader } from '../host/reader.js';
import type { CallOptions, DockerEngine } from './client.js';

/** So many processes are shown; all are searched. */
const shown = 30;

/** The largest of these, in full. */
export async function largest(host: HostReader, briefs: readonly BriefProcess[]): Promise<ProcessReading[]> {
  const read = await Promise.all(briefs.slice(0, shown).map((brief) => host.process(brief)));
  return read.filter((one) => one !== undefined);
}

/** The one process that `match` means, or why it can't be told. */
export async function findProcess(
  host: HostReader,
  briefs: readonly BriefProcess[],
  match: ProcessMatch,
): Promise<{ readonly process: ProcessReading } | { readonly gap: string; readonly count: number }> {
  const read = await Promise.all(briefs.slice(0, 2000).map((brief) => host.process(brief)));
  return theOne(
    read.filter((one) => one !== undefined),
    match,
  );
}

/** The same among processes that were read already. */
export function theOne(
  processes: readonly ProcessReading[],
  match: ProcessMatch,
): { readonly process: ProcessReading } | { readonly gap: string; readonly count: number } {
  const fitting = processes.filter((process) => matchesProcess(match, process));
  const [process] = fitting;
  if (process && fitting.length === 1) return { process };
  const wanted = match.argsContain ? `${match.executable} with “${match.argsContain}”` : match.executable;
  if (!process) return { gap: `no process runs ${wanted}`, count: 0 };
  const pids = fitting.slice(0, 5).map(({ pid }) => pid);
  return {
    gap: `${fitting.length} processes run ${wanted} (${pids.join(', ')}): tell them apart with argsContain`,
    count: fitting.length,
  };
}

/** A container's processes by `docker top`, where its host's /proc is out of reach. Start times are not known: 0. */
export async function topProcesses(
  engine: DockerEngine,
  container: { readonly id: string; readonly name: string },
  options: CallOptions,
): Promise<ProcessReading[]> {
  const answer: unknown = await engine.call(
    `list processes of container ${container.name}`,
    (docker, abortSignal) => {
      const query = { ps_args: '-eo pid,rss,user,args', abortSignal };
      return docker.getContainer(container.id).top(query);
    },
    options,
  );
  return parseTop(answer, container.id);
}

/** GET /containers/<id>/top with `ps -eo pid,rss,user,args`: RSS in kilobytes. The largest first. */
export function parseTop(answer: unknown, containerId: string): ProcessReading[] {
  const rows: unknown =
    typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'Processes') : undefined;
  if (!Array.isArray(rows)) return [];
  return rows
    .filter((row): row is string[] => Array.isArray(row) && row.length >= 4)
    .map(([pid, rss, user, ...rest]) => ({
      pid: Number(pid),
      startTicks: 0,
      executable: rest.join(' ').split(' ')[0] ?? '',
      args: redact(rest.join(' ')).slice(0, 300),
      rssBytes: Number(rss) * 1024,
      swapBytes: 0,
      sharedBytes: 0,
      user: user ?? '',
      containerId,
    }))
    .sort((a, b) => b.rssBytes - a.rssBytes)
    .slice(0, shown);
}
