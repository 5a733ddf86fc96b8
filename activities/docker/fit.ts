import type { ContainerReading, DockerDetails } from '../../model/container.js';
import type { Evidence } from '../../model/evidence.js';
import type { Reading } from '../adapter.js';

/** Of the 64 kB that a look may have; the rest is for policy and settings. Bytes of JSON. */
export const readingLimit = 52_000;

type DockerReading = Reading<DockerDetails>;
type Cut = (reading: DockerReading) => DockerReading;

/**
 * Cuts a reading down to its limit, the least important first, and says so in a gap. The target's own container, its
 * service's containers and the largest others stay longest.
 */
export function fitReading(reading: DockerReading, at: string, limit = readingLimit): DockerReading {
  let fitted = reading;
  const done: string[] = [];
  for (const [what, cut] of cuts) {
    if (sizeOf(fitted) <= limit) break;
    const smaller = cut(fitted);
    if (sizeOf(smaller) < sizeOf(fitted)) done.push(what);
    fitted = smaller;
  }
  if (done.length === 0) return fitted;
  const gap: Evidence = {
    source: 'look',
    name: 'look.size',
    at,
    gap: `left out, so that the look stays small: ${done.join('; ')}`,
  };
  return { ...fitted, evidence: [...fitted.evidence, gap] };
}

export function sizeOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}

const cuts: readonly (readonly [string, Cut])[] = [
  ['commands and labels of other containers', withDetails(bareOthers)],
  ['all but 40 containers', withDetails((details) => keepContainers(details, 40))],
  ['all but 20 OOM kills', withDetails((details) => ({ ...details, oomKills: details.oomKills.slice(-20) }))],
  ['all but 20 log lines', withDetails((details) => ({ ...details, logLines: details.logLines.slice(-20) }))],
  ['all but 15 processes', withDetails(fewerProcesses)],
  ['all but 20 containers', withDetails((details) => keepContainers(details, 20))],
  ['all but 80 pieces of evidence', (reading) => ({ ...reading, evidence: reading.evidence.slice(0, 80) })],
  ['all but 8 containers', withDetails((details) => keepContainers(details, 8))],
  ['log lines', withDetails((details) => ({ ...details, logLines: details.logLines.slice(-5) }))],
  ['all but 40 pieces of evidence', (reading) => ({ ...reading, evidence: reading.evidence.slice(0, 40) })],
];

function withDetails(change: (details: DockerDetails) => DockerDetails): Cut {
  return (reading) => ({ ...reading, details: change(reading.details) });
}

function bareOthers(details: DockerDetails): DockerDetails {
  const bare = (one: ContainerReading): ContainerReading =>
    one.id === details.container?.id
      ? one
      : { ...one, command: one.command.slice(0, 1), labels: ownLabels(one) };
  return { ...details, containers: details.containers.map(bare) };
}

/** Compose's are also members of the reading; a service may be chosen by another label, which has to stay. */
function ownLabels({ labels }: ContainerReading): Readonly<Record<string, string>> {
  const kept = Object.entries(labels).filter(([name]) => !name.startsWith('com.docker.compose.'));
  return Object.fromEntries(kept);
}

function keepContainers(details: DockerDetails, most: number): DockerDetails {
  const project = details.container?.composeProject;
  const isNear = (one: ContainerReading): boolean =>
    one.id === details.container?.id || (project !== undefined && one.composeProject === project);
  const near = details.containers.filter(isNear).slice(0, most);
  const far = details.containers.filter((one) => !isNear(one)).slice(0, most - near.length);
  const kept = new Set([...near, ...far]);
  return { ...details, containers: details.containers.filter((one) => kept.has(one)) };
}

function fewerProcesses(details: DockerDetails): DockerDetails {
  const processes = details.processes.slice(0, 15).map((one) => ({ ...one, args: one.args.slice(0, 100) }));
  return { ...details, processes };
}
