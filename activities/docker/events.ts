import type { DockerEngine } from './client.js';

/** One event of a container, as the engine's log of the last 256 events has it. */
export interface ContainerEvent {
  /** ISO, by the engine's clock. */
  readonly at: string;
  readonly atMs: number;
  /** `oom`, `die`, `start`, `create`, … */
  readonly action: string;
  readonly id: string;
  readonly name: string;
  readonly exitCode?: number;
  readonly composeProject?: string;
  readonly oneOff: boolean;
}

const actions = ['oom', 'die', 'start', 'restart', 'create', 'destroy', 'kill', 'stop', 'pause', 'unpause'];

/** The range of everything until now by the engine's clock, which is so many milliseconds ahead of ours. */
export function allUntil(clockAheadMs: number): { since: number; until: number } {
  return { since: 1, until: (Date.now() + clockAheadMs) / 1000 };
}

/** Reads past events of containers from `since` to `until` (Unix seconds by the engine's clock), oldest first. */
export async function readEvents(
  engine: DockerEngine,
  range: { readonly since: number; readonly until: number; readonly container?: string },
  options: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<ContainerEvent[]> {
  const filters: Record<string, string[]> = { type: ['container'], event: actions };
  if (range.container) filters.container = [range.container];
  const text = await engine.call(
    'read events',
    async (docker, abortSignal) => {
      const query = { since: range.since, until: range.until, filters, abortSignal };
      return textOf(await docker.getEvents(query));
    },
    options,
  );
  return parseEvents(text);
}

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += chunk.toString();
  return text;
}

/** Newline-delimited JSON, as GET /events answers. A line that is none is left out. */
export function parseEvents(text: string): ContainerEvent[] {
  return text.split('\n').flatMap((line) => {
    const event = parseEvent(line);
    return event ? [event] : [];
  });
}

interface WireEvent {
  readonly Type?: string;
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Readonly<Record<string, string>> };
  readonly time?: number;
  readonly timeNano?: number;
}

function parseEvent(line: string): ContainerEvent | undefined {
  let event: WireEvent;
  try {
    event = JSON.parse(line) as WireEvent;
  } catch {
    return undefined;
  }
  if (event.Type !== 'container' || !event.Action || !event.Actor?.ID) return undefined;
  const attributes = event.Actor.Attributes ?? {};
  const atMs = event.timeNano ? event.timeNano / 1e6 : (event.time ?? 0) * 1000;
  return {
    at: new Date(atMs).toISOString(),
    atMs,
    action: event.Action,
    id: event.Actor.ID,
    name: attributes.name ?? '',
    ...(attributes.exitCode === undefined ? {} : { exitCode: Number(attributes.exitCode) }),
    ...(attributes['com.docker.compose.project']
      ? { composeProject: attributes['com.docker.compose.project'] }
      : {}),
    oneOff: attributes['com.docker.compose.oneoff'] === 'True',
  };
}
