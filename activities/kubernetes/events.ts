import type { CoreV1Event } from '@kubernetes/client-node';
import { redact } from '../../model/redact.js';
import type { CallOptions, Cluster } from './client.js';
import { timeOf } from './kills.js';

interface EventList {
  readonly items?: readonly CoreV1Event[];
  readonly metadata?: { readonly continue?: string };
}

/** Lists longer than so many pages are not read to their end. */
const mostPages = 4;

/**
 * Warnings, as they are listed: in no order of time. `cutOff`: there are more than were read, newer ones perhaps
 * among them. `path`: one of `paths` that lists events.
 */
export async function readEvents(
  cluster: Cluster,
  path: string,
  options: CallOptions,
): Promise<{ readonly events: readonly CoreV1Event[]; readonly cutOff: boolean }> {
  const events: CoreV1Event[] = [];
  let next = '';
  for (let page = 0; page < mostPages; page += 1) {
    const from = next === '' ? path : `${path}&continue=${encodeURIComponent(next)}`;
    const { items = [], metadata } = await cluster.get<EventList>(from, options);
    events.push(...items);
    next = metadata?.continue ?? '';
    if (next === '') return { events, cutOff: false };
  }
  return { events, cutOff: true };
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
