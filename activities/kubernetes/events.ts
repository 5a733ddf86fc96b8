import type { CoreV1Event } from '@kubernetes/client-node';
import { redact } from '../../model/redact.js';
import type { CallOptions, Cluster } from './client.js';
import { timeOf } from './kills.js';
import { paths } from './paths.js';

interface EventList {
  readonly items?: readonly CoreV1Event[];
  readonly metadata?: { readonly continue?: string };
}

/** Warnings about pods of a namespace. `cutOff`: there are more than the API server was asked for. */
export async function readWarnings(
  cluster: Cluster,
  namespace: string,
  options: CallOptions,
): Promise<{ readonly events: readonly CoreV1Event[]; readonly cutOff: boolean }> {
  const { items = [], metadata } = await cluster.get<EventList>(paths.warnings(namespace), options);
  return { events: items, cutOff: (metadata?.continue ?? '') !== '' };
}

/** The newest warnings about these pods, in words, newest last. */
export function warningWords(
  events: readonly CoreV1Event[],
  pods: ReadonlySet<string>,
  most: number,
): readonly { readonly pod: string; readonly words: string }[] {
  return events
    .filter(({ involvedObject }) => pods.has(involvedObject.name ?? ''))
    .map((event) => ({ event, at: timeOf(event) ?? '' }))
    .toSorted((a, b) => a.at.localeCompare(b.at))
    .slice(-most)
    .map(({ event, at }) => ({
      pod: event.involvedObject.name ?? '',
      words: redact(`${at} ${event.reason ?? ''}: ${event.message ?? ''}`).slice(0, 250),
    }));
}
