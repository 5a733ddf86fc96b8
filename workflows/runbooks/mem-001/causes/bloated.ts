import { processUid } from '../../../../model/changes/process.js';
import type { DockerLook, ProcessReading } from '../../../../model/container.js';
import type { Cause } from '../../../../model/diagnosis.js';
import { bytes, percent } from '../../../../model/format.js';
import { type Ranked, rankContainers, theBloated } from '../../../../model/memory/ranking.js';
import { reconciledWords } from '../../../../model/memory/reconcile.js';
import { weigh } from '../../../../model/memory/weigh.js';
import type { Figures } from '../figures.js';

/** On a host: the container that a restart would help most, and why not a larger one. */
export function bloatedContainer({ look, measure }: Figures): Cause | undefined {
  if (look.target.kind !== 'host') return undefined;
  const list = rankContainers(look);
  const chosen = theBloated(look, list);
  if (chosen === undefined) return undefined;
  const { container, share, ofLimit } = chosen;
  const ofHost = container.workingSetBytes / measure.used;
  return weigh(
    {
      name: 'bloated-container',
      summary: `Container ${container.name} holds ${bytes(container.workingSetBytes)}, ${percent(ofHost * 100)} of the memory in use.`,
      object: container.key,
    },
    [
      {
        holds: true,
        weight: 0.3 + 0.5 * ofHost,
        words: `${percent(share * 100)} of what all containers use`,
      },
      ...reconciled(look),
      { holds: ofLimit >= 0.8, weight: 0.15, words: againstLimit(chosen) },
      { holds: container.limitBytes === undefined, weight: 0.05, words: 'it has no limit of its own' },
      ...sparedAbove(list, chosen).map((words) => ({ holds: true, weight: -0.05, words })),
    ],
  );
}

/** Where the host's memory is, whether that speaks for the container or not: people want to see that it adds up. */
function reconciled({
  details: { host },
}: DockerLook): readonly { holds: boolean; weight: number; words: string }[] {
  return host === undefined ? [] : [{ holds: true, weight: 0.01, words: reconciledWords(host) }];
}

function againstLimit({ container, ofLimit }: Ranked): string {
  return container.limitBytes === undefined
    ? `it alone uses ${percent(ofLimit * 100)} of the host`
    : `${percent(ofLimit * 100)} of its limit of ${bytes(container.limitBytes)}`;
}

/** Larger containers that are never chosen: people must see that they were seen. */
function sparedAbove(list: readonly Ranked[], chosen: Ranked): readonly string[] {
  return list
    .slice(0, list.indexOf(chosen))
    .filter(({ spared }) => spared !== undefined)
    .map(
      ({ container, spared }) =>
        `${container.name} uses ${bytes(container.workingSetBytes)}, and is ${spared}`,
    );
}

/** A large container that may not be restarted by rank, where no other one helps. */
export function sparedContainer({ look, measure }: Figures): Cause | undefined {
  if (look.target.kind !== 'host' || theBloated(look) !== undefined) return undefined;
  const top = rankContainers(look)[0];
  if (top?.spared === undefined || top.container.workingSetBytes < 0.1 * measure.used) return undefined;
  const { container, spared } = top;
  return weigh(
    {
      name: 'bloated-protected-container',
      summary: `Container ${container.name} holds ${bytes(container.workingSetBytes)}, and is ${spared}: people must decide.`,
      object: container.key,
    },
    [
      {
        holds: true,
        weight: 0.3 + 0.5 * (container.workingSetBytes / measure.used),
        words: `${percent(top.share * 100)} of what all containers use`,
      },
    ],
  );
}

/** On a host: a process outside all containers that holds much of the memory. */
export function bloatedProcess({ look, measure }: Figures): Cause | undefined {
  if (look.target.kind !== 'host') return undefined;
  const process = largestOutside(look);
  if (process === undefined || process.rssBytes < 0.1 * measure.used) return undefined;
  const share = process.rssBytes / measure.used;
  return weigh(
    {
      name: 'bloated-host-process',
      summary: `Process ${process.pid} (${process.executable}) holds ${bytes(process.rssBytes)} outside all containers.`,
      object: `${look.target.scope}/process:${processUid(process)}`,
    },
    [
      { holds: true, weight: 0.25 + 0.5 * share, words: `${percent(share * 100)} of the memory in use` },
      { holds: process.swapBytes > 0, weight: 0.05, words: `${bytes(process.swapBytes)} more are in swap` },
    ],
  );
}

export function largestOutside(look: DockerLook): ProcessReading | undefined {
  return look.details.processes
    .filter(({ containerId }) => containerId === undefined)
    .reduce<ProcessReading | undefined>(
      (most, one) => (most === undefined || one.rssBytes > most.rssBytes ? one : most),
      undefined,
    );
}
